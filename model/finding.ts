/**
 * Something wrong, or worth saying, in what people wrote. Errors refuse the file; warnings travel with the deployment.
 * `file` is the name the user gave, `line` and `column` count from 1, `field` is a path such as `spec.pipeline.stages[0].with.scale`.
 */
export interface Finding {
  level: 'error' | 'warning';
  file?: string;
  line?: number;
  column?: number;
  field?: string;
  /** What is wrong, in one sentence. */
  message: string;
  /** What to write instead, or what to do. */
  fix?: string;
}

/** One line for people: `app.pipecd.yaml:20 spec.pipeline.stages[0].with.scale: … — write …`. */
export function formatFinding(finding: Finding): string {
  const place = [
    finding.file && [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(':'),
    finding.field,
  ]
    .filter(Boolean)
    .join(' ');
  return `${place ? `${place}: ` : ''}${finding.message}${finding.fix ? ` — ${finding.fix}` : ''}`;
}

/** What a preflight gathers: each one sentence or two, what is wrong and what to do. */
export interface Findings {
  problems: string[];
  warnings: string[];
  /** A problem, unless the deployment repairs what a pipeline would refuse (ecs-alb-facts §26): then a warning. */
  repairable(text: string): void;
}

export function createFindings(repair: boolean): Findings {
  const problems: string[] = [];
  const warnings: string[] = [];
  return {
    problems,
    warnings,
    repairable: (text) => void (repair ? warnings : problems).push(text),
  };
}

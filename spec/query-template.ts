/** What a query may name between double braces, by its dotted path. Leaves are text. */
export interface QueryVariables {
  [name: string]: string | QueryVariables;
}

/** The rendered query, and each expression that could not be resolved with the reason. */
export interface RenderedQuery {
  query: string;
  problems: string[];
}

const EXPRESSION = /\{\{(-?)(.*?)(-?)\}\}/gs;
const DOTTED = /^\.[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/**
 * Renders a query's `{{ .App.Name }}` and the like (pipecd.md §1.5). Only dotted paths: no functions, pipes or conditions. A path
 * that leads nowhere is a problem, where PipeCD would write `<no value>` into the query and ask for nothing.
 */
export function renderQuery(template: string, variables: QueryVariables): RenderedQuery {
  const problems: string[] = [];
  const query = template
    .replace(/\s+\{\{-/g, '{{-')
    .replace(/-\}\}\s+/g, '-}}')
    .replace(EXPRESSION, (whole, _before: string, inside: string) => {
      const expression = inside.trim();
      if (!DOTTED.test(expression)) {
        problems.push(`${whole} is more than a dotted path such as {{ .App.Name }}`);
        return whole;
      }
      const value = resolve(expression.slice(1).split('.'), variables);
      if (typeof value === 'string') return value;
      problems.push(`${whole} has no value; known here: ${paths(variables).join(', ')}`);
      return whole;
    });
  return { query, problems };
}

function resolve(steps: string[], variables: QueryVariables): string | QueryVariables | undefined {
  let current: string | QueryVariables | undefined = variables;
  for (const step of steps) {
    if (typeof current !== 'object' || !Object.hasOwn(current, step)) return undefined;
    current = current[step];
  }
  return current;
}

function paths(variables: QueryVariables, prefix = ''): string[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    typeof value === 'string' ? [`${prefix}.${name}`] : paths(value, `${prefix}.${name}`),
  );
}

import { parser } from '@prometheus-io/lezer-promql';
import { closest } from '../document/closest.js';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** What Prometheus would say against a query before it looks for any data. */
export interface GrammarMistake {
  message: string;
  fix: string;
}

/** Functions whose argument is a range (https://prometheus.io/docs/prometheus/latest/querying/functions/). */
const OF_RANGES =
  /_over_time$|^(rate|irate|increase|delta|idelta|deriv|changes|resets|predict_linear|holt_winters|double_exponential_smoothing)$/;
/** What stands around an expression and leaves a range a range. */
const WRAPPERS = new Set(['ParenExpr', 'OffsetExpr', 'StepInvariantExpr']);
const SHOWN = 30;

/**
 * Reads a query by the grammar that Prometheus's own page uses, and looks where ranges stand: a function that is misspelt, or a rate of
 * no range, would fail at the first window.
 * @returns the first mistake; undefined for a query that Prometheus takes
 */
export function grammarMistake(query: string): GrammarMistake | undefined {
  const { topNode } = parser.parse(query);
  const broken = firstNode(topNode, (node) => node.type.isError);
  return broken ? syntaxMistake(query, broken.from) : rangeMistake(query, topNode);
}

function syntaxMistake(query: string, from: number): GrammarMistake {
  const name = /([a-z_]\w*)\s*$/i.exec(query.slice(0, from))?.[1];
  if (query.charAt(from) === '(' && name !== undefined) {
    const near = closest(name, functionNames());
    return {
      message: `PromQL has no function "${name}"`,
      fix: near ? `Did you mean "${near}"?` : 'Write one that PromQL has.',
    };
  }
  return {
    message: `this is no PromQL from “${excerpt(query, from)}” on`,
    fix: 'Try the query on Prometheus’s own page.',
  };
}

function rangeMistake(query: string, top: SyntaxNode): GrammarMistake | undefined {
  const bare = firstNode(
    top,
    (node) => node.name === 'FunctionCall' && wantsRange(query, node) && !argumentsOf(node).some(isRange),
  );
  if (bare) {
    const name = nameOf(query, bare);
    return { message: `${name} needs a range, and none is given`, fix: `Write one: ${name}(…[1m]).` };
  }
  const range = firstNode(top, (node) => isRange(node) && !isInPlace(query, node));
  if (!range) return undefined;
  return {
    message: `the range “${excerpt(query, range.from, range.to)}” stands where one value is needed`,
    fix: 'Write a function of ranges around it, such as rate(…), or delete the […].',
  };
}

function firstNode(node: SyntaxNode, fits: (node: SyntaxNode) => boolean): SyntaxNode | undefined {
  if (fits(node)) return node;
  for (let child = node.firstChild; child; child = child.nextSibling) {
    const found = firstNode(child, fits);
    if (found) return found;
  }
  return undefined;
}

function nameOf(query: string, call: SyntaxNode): string {
  const name = call.getChild('FunctionIdentifier');
  return name ? query.slice(name.from, name.to).toLowerCase() : '';
}

function wantsRange(query: string, call: SyntaxNode): boolean {
  return OF_RANGES.test(nameOf(query, call));
}

function argumentsOf(call: SyntaxNode): SyntaxNode[] {
  const body = call.getChild('FunctionCallBody');
  const nodes: SyntaxNode[] = [];
  for (let child = body?.firstChild; child; child = child.nextSibling) nodes.push(child);
  return nodes;
}

function isRange(node: SyntaxNode): boolean {
  if (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr') return true;
  return WRAPPERS.has(node.name) && node.firstChild !== null && isRange(node.firstChild);
}

/** A range's place is in the call of a function of ranges, whatever parentheses and offsets are between. */
function isInPlace(query: string, range: SyntaxNode): boolean {
  let above = range.parent;
  while (above && WRAPPERS.has(above.name)) above = above.parent;
  return above?.name === 'FunctionCallBody' && above.parent !== null && wantsRange(query, above.parent);
}

/** What the grammar knows as functions and aggregations, from the names of its nodes: `HistogramQuantile` is `histogram_quantile`. */
function functionNames(): string[] {
  return parser.nodeSet.types
    .map(({ name }) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase())
    .filter((name) => /^[a-z]\w*$/.test(name) && parsesAsCall(name));
}

function parsesAsCall(name: string): boolean {
  const { topNode } = parser.parse(`${name}(x)`);
  return firstNode(topNode, (node) => node.type.isError) === undefined;
}

function excerpt(query: string, from: number, to = query.length): string {
  const text = query.slice(from, to).trim();
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

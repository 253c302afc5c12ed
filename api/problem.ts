import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Finding } from '../model/finding.js';
import type { Problem } from '../model/wire.js';

/** What a caller is told beside the status: RFC 9457's detail, what to do, and where in the sent files the cause is. */
export interface ProblemMore {
  fix?: string;
  findings?: Finding[];
  headers?: Record<string, string>;
}

/** Thrown anywhere below a route; `problemHandler` answers it as `application/problem+json`. `message` is the detail. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    detail: string,
    readonly more: ProblemMore = {},
  ) {
    super(detail);
  }
}

/** 404 for a thing that is not there; `what` names it: `deployment web-7`. */
export function notFound(what: string, fix?: string): ApiProblem {
  return new ApiProblem(404, `There is no ${what}.`, fix ? { fix } : {});
}

/** 503: Temporal or every worker is away. Says so, since nothing is wrong with the request. */
export function unavailable(detail: string, fix: string): ApiProblem {
  return new ApiProblem(503, detail, { fix, headers: { 'Retry-After': '5' } });
}

/** The body of an error answer. The type is `about:blank`: the status and the words tell all that there is. */
export function problemBody(problem: ApiProblem): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    ...(problem.more.fix !== undefined && { fix: problem.more.fix }),
    ...(problem.more.findings && { findings: problem.more.findings }),
  };
}

function sendProblem(res: Response, problem: ApiProblem): void {
  res.status(problem.status);
  for (const [name, value] of Object.entries(problem.more.headers ?? {})) res.setHeader(name, value);
  res.setHeader('Cache-Control', 'no-store');
  res.type('application/problem+json').send(JSON.stringify(problemBody(problem)));
}

/** The last middleware before `problemHandler`: nothing answered this path. */
export const unknownRoute: RequestHandler = (req, _res, next) => {
  next(notFound(`route ${req.method} ${req.path}`, 'GET /openapi.json lists the routes.'));
};

/**
 * Answers every error as problem+json. What is no ApiProblem is a bug of ours: it is logged whole, and the caller gets the request's
 * id to quote, never a stack.
 */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const problem = error instanceof ApiProblem ? error : fromExpress(error);
    if (problem) {
      sendProblem(res, problem);
      return;
    }
    const id = String(res.locals['requestId'] ?? '');
    logger.error({ err: error, requestId: id, method: req.method, path: req.path }, 'request failed by a bug');
    sendProblem(
      res,
      new ApiProblem(500, 'Sluice failed to answer this request.', {
        fix: `Look for request ${id} in the log of the api process, and report what it says.`,
      }),
    );
  };
}

/** What Express itself refuses (a path that is no valid percent-encoding) carries a 4xx status. */
function fromExpress(error: unknown): ApiProblem | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return new ApiProblem(status, error.message);
}

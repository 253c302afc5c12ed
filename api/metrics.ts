import type { RequestHandler } from 'express';

/** Counts what the api does, in the words of Prometheus' text format (version 0.0.4). */
export interface ApiMetrics {
  /** Middleware that counts every answered request by method, route pattern and status. */
  count: RequestHandler;
  /** @param openStreams live streams open now */
  render(openStreams: number): string;
}

/** The path of a request that matched no route: unknown paths must not each make a series of their own. */
const UNMATCHED = 'unmatched';

export function createMetrics(): ApiMetrics {
  const requests = new Map<string, number>();
  let seconds = 0;
  let answered = 0;
  return {
    count: (req, res, next) => {
      const began = process.hrtime.bigint();
      res.on('close', () => {
        const labels = `method="${req.method}",route="${String(res.locals['route'] ?? UNMATCHED)}",status="${res.statusCode}"`;
        requests.set(labels, (requests.get(labels) ?? 0) + 1);
        seconds += Number(process.hrtime.bigint() - began) / 1e9;
        answered++;
      });
      next();
    },
    render: (openStreams) =>
      [
        '# HELP sluice_api_requests_total Answered requests.',
        '# TYPE sluice_api_requests_total counter',
        ...[...requests].sort().map(([labels, count]) => `sluice_api_requests_total{${labels}} ${count}`),
        '# HELP sluice_api_request_seconds Time from a request to the end of its answer; a live stream counts whole.',
        '# TYPE sluice_api_request_seconds summary',
        `sluice_api_request_seconds_sum ${seconds}`,
        `sluice_api_request_seconds_count ${answered}`,
        '# HELP sluice_api_live_streams Streams of server-sent events that are open.',
        '# TYPE sluice_api_live_streams gauge',
        `sluice_api_live_streams ${openStreams}`,
        '# HELP process_resident_memory_bytes Resident memory.',
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
        '',
      ].join('\n'),
  };
}

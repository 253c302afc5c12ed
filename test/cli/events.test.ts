import { expect, test } from 'vitest';
import { readEvents, type StreamEvent } from '../../cli/watch/events.js';

function stream(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

async function all(body: ReadableStream<Uint8Array>, silence?: number): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of readEvents(body, silence)) events.push(event);
  return events;
}

test('events are read however the bytes are cut', async () => {
  const text = 'id: 7\nevent: log\ndata: {"a":\ndata: 1}\n\n: comment\n\ndata: ü\r\n\r\n';
  const wanted = [
    { id: '7', event: 'log', data: '{"a":\n1}' },
    { id: '7', event: 'message', data: 'ü' },
  ];
  expect(await all(stream(text))).toEqual(wanted);
  expect(await all(stream(...Array.from(text)))).toEqual(wanted);
});

test('an event that was cut off is not taken as whole', async () => {
  expect(await all(stream('data: half\n'))).toEqual([]);
});

test('a stream that falls silent is given up', async () => {
  const silent = new ReadableStream<Uint8Array>({});
  await expect(all(silent, 50)).rejects.toThrow('nothing was heard');
});

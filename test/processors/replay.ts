import { ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';

import type { AuditSpanProcessor } from '../../processors/index.ts';
import type { Entry } from '../../src/entry.ts';
import type { RecordedSpan } from '../spans.ts';
import { Recording } from './recording.ts';

/**
 * Recorded spans through the processor, as the SDK would hand them to it: each started below its parent, ended in the
 * order in which it ended, and what never ended left open until the end.
 */
export async function replay(spans: readonly RecordedSpan[]): Promise<readonly Entry[]> {
  const recording = new Recording();
  const { processor } = recording;
  const byId = new Map(spans.map((each) => [each.snapshot.spanId, each]));
  const started = new Map<RecordedSpan, Span>();
  const start = (each: RecordedSpan): Span => {
    const known = started.get(each);
    if (known !== undefined) return known;
    const parent = byId.get(each.snapshot.parentSpanId ?? '');
    const context: Context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, start(parent));
    const live = { ...each.span, isRecording: () => true } as unknown as Starting;
    started.set(each, live);
    processor.onStart(live, context);
    return live;
  };
  for (const each of spans) start(each);
  for (const each of spans) if (each.ended) processor.onEnd(started.get(each) as unknown as Starting);
  await recording.close();
  return recording.entries;
}

type Starting = Parameters<AuditSpanProcessor['onStart']>[0];

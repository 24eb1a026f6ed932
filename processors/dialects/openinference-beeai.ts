import type { SpanSnapshot } from '../snapshot.ts';
import { text } from './values.ts';

const SCOPE = '@arizeai/openinference-instrumentation-beeai';

interface BeeAiEvent {
  /** Whether the span is the call or the tool run itself. */
  readonly counts: boolean;
  readonly name?: string;
  readonly tool?: string;
}

/**
 * BeeAI's instrumentation makes a span of every event of the framework, so that one call to a model is a `start`, a
 * `success` and a `finish`, all of kind `LLM`, inside a `beeai-framework-main`; a tool's run likewise. The one that says
 * how it ended counts. `target` is the event's path: `backend.openai.chat.success`, `tool.weather.success`.
 *
 * @returns `undefined` for spans of other instrumentations and other kinds
 */
export function beeAiEvent(span: SpanSnapshot, kind: string | undefined): BeeAiEvent | undefined {
  if (span.scope.name !== SCOPE) return undefined;
  const target = text(span.attributes['target']);
  // The main span of a tool holds the run; that of a model is a call around the same call, as any other.
  if (target === undefined) return { counts: kind !== 'TOOL' };
  const path = target.split('.');
  const ended = path.at(-1) === 'success' || path.at(-1) === 'error';
  if (kind === 'LLM') return { counts: ended, name: target };
  if (kind === 'TOOL') {
    const tool = path.slice(1, -1).join('.');
    return { counts: ended && path[0] === 'tool', name: target, ...(tool === '' ? {} : { tool }) };
  }
  return kind === 'AGENT' ? { counts: false, name: target } : undefined;
}

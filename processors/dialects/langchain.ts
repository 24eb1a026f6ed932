import type { JsonObject, JsonValue } from '../../src/json.ts';
import { content, isRecord, items, text, type Attributes } from './values.ts';

/**
 * What LangChain's own serialisation of messages says, wherever an instrumentation puts it: ids and names that stand in no
 * attribute. They are no content.
 */

interface ToolMessage {
  readonly name: string | undefined;
  readonly callId: string | undefined;
  readonly failed: boolean;
}

/** The `ToolMessage` that a tool's output is, bare or as `output`. */
export function toolMessage(output: unknown): ToolMessage | undefined {
  if (typeof output !== 'string' || !output.includes('"tool_call_id"')) return undefined;
  const value = content(output);
  const kwargs = kwargsOf(isRecord(value) ? (value['output'] ?? value) : undefined);
  if (kwargs === undefined) return undefined;
  return {
    name: text(kwargs['name']),
    callId: text(kwargs['tool_call_id']),
    failed: kwargs['status'] === 'error',
  };
}

interface Reply {
  readonly id: string | undefined;
  readonly model: string | undefined;
}

/** Id and model of the first generation of a chat model, as the provider gave them. */
export function generatedReply(output: JsonObject): Reply | undefined {
  const generation = items(items(output['generations'])[0])[0];
  const kwargs = kwargsOf(isRecord(generation) ? generation['message'] : undefined);
  if (kwargs === undefined) return undefined;
  const metadata = kwargs['response_metadata'];
  const id = text(kwargs['id']);
  return {
    // LangChain makes up an id of its own where the provider gave none.
    id: id?.startsWith('run-') === true ? undefined : id,
    model: isRecord(metadata) ? (text(metadata['model_name']) ?? text(metadata['model'])) : undefined,
  };
}

/** The provider that LangChain names in a run's metadata. */
export function runProvider(attributes: Attributes): string | undefined {
  const source = attributes['metadata'];
  if (typeof source !== 'string' || !source.includes('"ls_provider"')) return undefined;
  const metadata = content(source);
  return isRecord(metadata) ? text(metadata['ls_provider']) : undefined;
}

function kwargsOf(message: JsonValue | undefined): JsonObject | undefined {
  const kwargs = isRecord(message) ? message['kwargs'] : undefined;
  return isRecord(kwargs) ? kwargs : undefined;
}

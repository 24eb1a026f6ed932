import { SpansealError } from '../src/error.ts';
import { withoutTracing } from '../src/suppress-tracing.ts';

/** How a service outside is asked: once, with a limit for the time and for the answer, and without spans of it. */

export interface PostOptions {
  /** Of the service, such as a password of its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 30,000. */
  readonly timeoutMillis?: number;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

const DEFAULT_TIMEOUT_MILLIS = 30_000;

/** A token that is longer than an entry could not be kept. */
const MAX_ANSWER_BYTES = 65_536;

/** @throws SpansealError `ANCHOR_FAILED` if there is no answer, or one that never ends */
export async function post(
  url: string,
  type: string,
  body: Uint8Array,
  { headers = {}, timeoutMillis = DEFAULT_TIMEOUT_MILLIS }: PostOptions,
): Promise<Answer> {
  try {
    return await withoutTracing(async () => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body: Uint8Array.from(body),
        signal: AbortSignal.timeout(timeoutMillis),
      });
      return {
        status: response.status,
        type: response.headers.get('content-type')?.split(';')[0]?.trim() ?? '',
        body: await bodyOf(response),
      };
    });
  } catch (cause) {
    // What a network says is in the cause of what fetch says.
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new SpansealError('ANCHOR_FAILED', `${hostOf(url)} gives no answer (${why}); nothing was recorded.`, {
      cause,
    });
  }
}

async function bodyOf({ body }: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
    pieces.push(piece);
  }
  return Uint8Array.from(Buffer.concat(pieces));
}

/** Without what else may stand in a URL, such as a password. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

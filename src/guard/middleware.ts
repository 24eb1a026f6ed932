import { DEFAULT_POLICY } from '../policy/built-in.ts';
import type { PolicyOption } from '../policy/policy.ts';
import { guardOf, type GuardOptions } from './guard.ts';

/** What the AI SDK calls a language model middleware, of any of its versions: only what is sent is looked at. */
export interface GuardMiddleware {
  readonly specificationVersion: 'v3';
  /** For versions that asked under this name. */
  readonly middlewareVersion: 'v2';
  transformParams<P extends { readonly prompt: unknown }>(options: { readonly params: P }): Promise<P>;
}

/**
 * {@link guard} for models of the AI SDK: `wrapLanguageModel({ model, middleware: guardMiddleware('strict', { audit }) })`.
 * The prompt of each call goes through it, with messages, tool calls and tool results; a call that is blocked rejects.
 *
 * @throws TypeError if there is no such policy or option
 */
export function guardMiddleware(policy: PolicyOption = DEFAULT_POLICY, options: GuardOptions = {}): GuardMiddleware {
  const guarded = guardOf(policy, options);
  return {
    specificationVersion: 'v3',
    middlewareVersion: 'v2',
    transformParams({ params }) {
      // What is thrown here is to reject.
      return new Promise((resolve) => {
        const { value } = guarded(params.prompt);
        resolve(value === params.prompt ? params : { ...params, prompt: value });
      });
    },
  };
}

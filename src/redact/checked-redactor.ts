import { diag } from '@opentelemetry/api';

import type { Handled, Handling, Redaction, Redactor } from './redactor.ts';

/** A redactor of somebody's making, held to its word: what it gets wrong is told once, and thrown. */
export function checkedRedactor(redactor: Redactor): Redactor {
  let told = false;
  return (text, field) => {
    try {
      return checked(redactor(text, field), text);
    } catch (error) {
      if (!told) diag.error('spanseal: the redactor fails; the texts that it fails on are left out', error);
      told = true;
      throw error;
    }
  };
}

function checked(answer: unknown, before: string): Redaction | string {
  if (typeof answer === 'string') return answer;
  if (typeof answer !== 'object' || answer === null || !('text' in answer) || typeof answer.text !== 'string') {
    // An asynchronous one: what becomes of it is nobody's business any more, and not to end the process.
    if (answer instanceof Promise) answer.catch(() => {});
    throw new TypeError('a redactor gives, at once, a text or an object with `text` and `categories`');
  }
  const { text } = answer;
  const { categories } = answer as { readonly categories?: unknown };
  if (categories === undefined) throw new TypeError('a redactor says what it took out, in `categories`');
  const given: readonly unknown[] = Array.isArray(categories) ? categories : [categories];
  const words = given.filter((category) => typeof category === 'string');
  const { finds } = answer as { readonly finds?: unknown };
  if (Array.isArray(finds) && finds.every(isHandled)) return { text, categories: words, finds };
  if (words.length > 0) return { text, categories: words };
  // What it took out has no name that could be kept.
  return text === before ? text : { text, categories: ['custom'] };
}

const HANDLINGS: readonly Handling[] = ['allowed', 'flagged', 'redacted', 'withheld'];

function isHandled(value: unknown): value is Handled {
  if (typeof value !== 'object' || value === null) return false;
  const { category, handling, count } = value as Partial<Record<keyof Handled, unknown>>;
  return typeof category === 'string' && HANDLINGS.includes(handling as Handling) && Number.isSafeInteger(count);
}

/** How it is said that a policy keeps a call from being made, and how it is known again in the error of a span. */

export function blockedMessage(policy: string, what: string): string {
  return `The policy ${policy} blocks ${what}: nothing was passed on. \`cause\` has the places.`;
}

const MESSAGE = /^The policy .+ blocks .+: nothing was passed on\./s;

export function isBlockedMessage(text: string): boolean {
  return MESSAGE.test(text);
}

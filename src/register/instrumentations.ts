import { register } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { InstalledPackages } from './installed.ts';

/** The part of an instrumentation that is read here, as a structural type. */
export interface InstrumentationLike {
  readonly instrumentationName: string;
  enable(): void;
  /** What it patches; older versions do not tell. */
  getModuleDefinitions?(): readonly { readonly name: string; readonly files?: readonly unknown[] }[];
}

const AUTO = '@opentelemetry/auto-instrumentations-node';
const PACKAGE = /(^|[/-])instrumentation-/;

/** Clients that make no spans by themselves, and what makes them. */
const CLIENTS = [['openai', '@opentelemetry/instrumentation-openai']] as const;

/**
 * The instrumentations that the application has installed: all of `auto-instrumentations-node`, and those that its
 * package.json names beside. Where packages are named, exactly theirs.
 *
 * @throws TypeError if one that is named is not installed or exports none
 */
export function loadInstrumentations(
  packages: InstalledPackages,
  named: readonly string[] | undefined,
): readonly InstrumentationLike[] {
  if (named !== undefined) return named.flatMap((name) => fromPackage(packages, name, true));
  const all = automatic(packages);
  const known = new Set(all.map(({ instrumentationName }) => instrumentationName));
  const single = packages
    .declared()
    // Made twice, one would patch twice, and a call would have two spans.
    .filter((name) => PACKAGE.test(name) && !known.has(name))
    .flatMap((name) => fromPackage(packages, name, false));
  return [...all, ...single];
}

function automatic(packages: InstalledPackages): readonly InstrumentationLike[] {
  const make = packages.load(AUTO)?.['getNodeAutoInstrumentations'];
  return typeof make === 'function' ? (make as () => readonly InstrumentationLike[])() : [];
}

function fromPackage(packages: InstalledPackages, name: string, needed: boolean): readonly InstrumentationLike[] {
  const exported = packages.load(name);
  if (exported === undefined) {
    // Named in package.json, and left out of this installation, as `npm ci --omit=dev` does.
    if (!needed) return [];
    throw new TypeError(`The instrumentation ${name} is not installed; run: npm install ${name}`);
  }
  const classes = Object.entries(exported).filter(([key, value]) => key.endsWith('Instrumentation') && isClass(value));
  if (classes.length === 0 && needed) throw new TypeError(`${name} exports no instrumentation.`);
  return classes.map(([, made]) => new (made as new () => InstrumentationLike)());
}

const isClass = (value: unknown): boolean =>
  typeof value === 'function' &&
  typeof (value.prototype as Partial<InstrumentationLike> | undefined)?.enable === 'function';

/** What is installed, makes no spans by itself, and is patched by nothing: its calls would be missing unnoticed. */
export function unobserved(
  packages: InstalledPackages,
  instrumentations: readonly InstrumentationLike[],
): readonly { readonly client: string; readonly instrumentation: string }[] {
  const declared = packages.declared();
  const patched = new Set(instrumentations.flatMap((each) => definitionsOf(each).map(({ name }) => name)));
  return CLIENTS.filter(([client]) => declared.includes(client) && !patched.has(client)).map(
    ([client, instrumentation]) => ({ client, instrumentation }),
  );
}

function definitionsOf(from: InstrumentationLike): readonly { name: string; files?: readonly unknown[] }[] {
  return from.getModuleDefinitions?.() ?? [];
}

/**
 * Lets instrumentations patch ES modules, from now on. Only what they patch is wrapped, where they tell what that is;
 * a module that is wrapped for nothing may break.
 */
export function registerEsmHook(packages: InstalledPackages, instrumentations: readonly InstrumentationLike[]): void {
  if (instrumentations.length === 0) return;
  const hook = packages.resolve('@opentelemetry/instrumentation/hook.mjs');
  if (hook === undefined) {
    throw new TypeError(
      'ES modules need @opentelemetry/instrumentation; run: npm install @opentelemetry/instrumentation',
    );
  }
  const definitions = instrumentations.map(definitionsOf);
  const isTold = definitions.every(
    (each) => each.length > 0 && each.every(({ name, files = [] }) => !isAbsolute(name) && files.length === 0),
  );
  const include = definitions.flat().map(({ name }) => name);
  register(pathToFileURL(hook), import.meta.url, isTold ? { data: { include } } : {});
}

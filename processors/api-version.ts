import { diag, trace } from '@opentelemetry/api';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where all copies of `@opentelemetry/api` 1.x register and look: the first that registers something sets the version. */
const GLOBAL = Symbol.for('opentelemetry.js.api.1');

const PACKAGE_FOLDER = /^.*[\\/]@opentelemetry[\\/]api(?=[\\/])/;
const VERSION = /^(\d+)\.(\d+)\.\d+(-.+)?$/;

/** One copy of `@opentelemetry/api` on disk. */
export interface ApiCopy {
  readonly version: string;
  readonly folder: string;
}

/** What can be seen of `@opentelemetry/api` in this process. */
export interface ApiObservation {
  /** The version that everything global is registered through; undefined while nothing is. */
  readonly registered: string | undefined;
  readonly tracerProvider: boolean;
  readonly contextManager: boolean;
  /** Whether the copy that this package loaded sees the tracer provider; undefined while none is registered. */
  readonly ownSees: boolean | undefined;
  /** The copy that this package loaded; undefined where it cannot be found out, as in a bundle. */
  readonly own: ApiCopy | undefined;
  /**
   * The copies that are loaded as CommonJS: all up to 1.9, whoever imports them. What is loaded as an ES module, which
   * `import` does from 1.10 on, is in no list that Node shows.
   */
  readonly loaded: readonly ApiCopy[];
}

/** Copies of `@opentelemetry/api` that do not see what is registered: whatever uses them does nothing, without a word. */
export interface ApiSkew {
  readonly registered: string;
  /** Whether the copy that this package loaded is one of them. */
  readonly own: boolean;
  /** Those that are known by name. */
  readonly blind: readonly ApiCopy[];
  readonly message: string;
}

interface GlobalApi {
  readonly version: string;
  readonly trace?: unknown;
  readonly context?: unknown;
}

function globalApi(): GlobalApi | undefined {
  return (globalThis as { [GLOBAL]?: GlobalApi })[GLOBAL];
}

/** The provider that is registered, by whichever copy, as it was handed over or behind a proxy. */
export function registeredTracerProvider(): unknown {
  return globalApi()?.trace;
}

/** Looks at this process. Touches the disk; never throws. */
export function observeApi(): ApiObservation {
  const api = globalApi();
  return {
    registered: api?.version,
    tracerProvider: api?.trace !== undefined,
    contextManager: api?.context !== undefined,
    // A copy that does not accept the version of the registration gives its own, idle provider.
    ownSees: api?.trace === undefined ? undefined : trace.getTracerProvider() === api.trace,
    ...copies(),
  };
}

/** Which copies are blind, if any: the finding, and what to do about it. */
export function apiSkew({ registered, ownSees, own, loaded }: ApiObservation): ApiSkew | undefined {
  if (registered === undefined) return undefined;
  const blind = loaded.filter(({ version, folder }) => folder !== own?.folder && !sees(version, registered));
  const ownBlind = ownSees === false || (ownSees === undefined && own !== undefined && !sees(own.version, registered));
  if (ownBlind && own !== undefined) blind.unshift(own);
  if (blind.length === 0 && !ownBlind) return undefined;
  const named = blind.map((copy) => `${copy.version} in ${copy.folder}${copy === own ? ' (used by spanseal)' : ''}`);
  const who = named.length === 0 ? 'the one that spanseal uses' : named.join(', ');
  return {
    registered,
    own: ownBlind,
    blind,
    message:
      `OpenTelemetry is registered through @opentelemetry/api ${registered}, which other copies of that package in this ` +
      `process do not see: ${who}. What uses them makes no spans, and does not know the active span or decision. ` +
      `Run npm ls @opentelemetry/api, and bring all to one version (npm dedupe, or overrides in package.json).`,
  };
}

/** Tells of a skew, where there is one: for the first span that starts, by when everything is registered. */
export function warnOfApiSkew(): void {
  const skew = apiSkew(observeApi());
  if (skew === undefined) return;
  diag.warn(`spanseal: ${skew.message}`);
  // The logger of `diag` is registered in the same place: a copy that is blind is mute, too.
  process.emitWarning(skew.message, { type: 'SpansealWarning', code: 'SPANSEAL_API_SKEW' });
}

/** Whether a copy of one version accepts a registration of another: the rule of `@opentelemetry/api`, `isCompatible`. */
function sees(version: string, registered: string): boolean {
  if (version === registered) return true;
  const [, major, minor, prerelease] = VERSION.exec(version) ?? [];
  const [, registeredMajor, registeredMinor, registeredPrerelease] = VERSION.exec(registered) ?? [];
  if (major === undefined || major !== registeredMajor) return false;
  if (prerelease !== undefined || registeredPrerelease !== undefined) return false;
  return Number(minor) <= Number(registeredMinor);
}

function copies(): Pick<ApiObservation, 'own' | 'loaded'> {
  try {
    const require = createRequire(import.meta.url);
    const folders = Object.keys(require.cache).map((path) => PACKAGE_FOLDER.exec(path)?.[0]);
    return {
      own: copyIn(PACKAGE_FOLDER.exec(require.resolve('@opentelemetry/api'))?.[0]),
      loaded: [...new Set(folders)].map(copyIn).filter((copy) => copy !== undefined),
    };
  } catch {
    // Bundled: there are no files to look for.
    return { own: undefined, loaded: [] };
  }
}

function copyIn(folder: string | undefined): ApiCopy | undefined {
  if (folder === undefined) return undefined;
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
    return name === '@opentelemetry/api' && typeof version === 'string' ? { version, folder } : undefined;
  } catch {
    return undefined;
  }
}

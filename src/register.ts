import { dirname } from 'node:path';
import { isMainThread, parentPort } from 'node:worker_threads';

import { observeApi } from '../processors/api-version.ts';
import { AuditLog } from './index.ts';
import { configure, mustRefuse, readConfigurationFile, type ConfigurationFile } from './register/configuration.ts';
import { closeAtTheEnd } from './register/ending.ts';
import { InstalledPackages } from './register/installed.ts';
import { loadInstrumentations, registerEsmHook, unobserved } from './register/instrumentations.ts';
import { loadSdk, SDK, startSdk } from './register/telemetry.ts';

/**
 * Sets everything up for an application that has no line of telemetry: `node --import spanseal/register app.mjs`, or
 * `node --require spanseal/register app.cjs`. Log, NodeSDK, instrumentations and the hook for ES modules are those
 * that the application has installed and its configuration names; docs/opentelemetry.md lists the settings. Importing
 * this module is what does it, and nothing in it waits: `require` must be able to load it.
 */

const HOW_BY_HAND =
  'give the processor to the SDK that is there: new NodeSDK({ spanProcessors: [new AuditSpanProcessor(audit), …] })';

/** `--require` is obeyed in the thread that Node runs hooks of ES modules in, too; nothing of the application is there. */
const isHooksThread = !isMainThread && parentPort === null;

function start(): AuditLog | undefined {
  if (isHooksThread) return undefined;
  const { env } = process;
  const cwd = process.cwd();
  let file: ConfigurationFile | undefined;
  try {
    file = readConfigurationFile(env, cwd);
    return setUp(file, cwd);
  } catch (error) {
    if (mustRefuse(env, file)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    warn(`${why} The application runs WITHOUT an audit log.`);
    return undefined;
  }
}

function setUp(file: ConfigurationFile, cwd: string): AuditLog {
  const { env } = process;
  if (observeApi().tracerProvider) {
    throw new TypeError(
      `A tracer provider is registered already, and nothing can be added to it. Preload spanseal/register alone, or ${HOW_BY_HAND}.`,
    );
  }
  const { log, instrumentations: named } = configure(env, cwd, file);
  const audit = openLog(log, file.path);
  // An application may be started from anywhere.
  const main = process.argv[1];
  const packages = new InstalledPackages(main === undefined ? [cwd] : [cwd, dirname(main)]).with(SDK);
  const sdkPackage = loadSdk(env, packages);
  const instrumentations = loadInstrumentations(packages, named);
  registerEsmHook(packages, instrumentations);
  const sdk = startSdk(sdkPackage, audit, env, packages, instrumentations);
  closeAtTheEnd(audit, sdk);
  for (const { client, instrumentation } of unobserved(packages, instrumentations)) {
    warn(`Calls of ${client} make no spans and are not recorded; run: npm install ${instrumentation}`);
  }
  return audit;
}

function openLog(options: ConstructorParameters<typeof AuditLog>[0], path: string | undefined): AuditLog {
  try {
    return new AuditLog(options);
  } catch (error) {
    if (!(error instanceof TypeError) || path === undefined) throw error;
    throw new TypeError(`${error.message} See ${path}.`, { cause: error });
  }
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'SpansealWarning', code: 'SPANSEAL_REGISTER' });
}

/** The log that was opened, for decisions and business events; undefined where it could not be set up. */
export const audit: AuditLog | undefined = start();

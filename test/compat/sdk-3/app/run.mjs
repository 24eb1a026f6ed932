import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import * as spanseal from 'spanseal';

import { runScenario } from '../../scenario.mjs';

await runScenario({
  api,
  spanseal,
  start(spanProcessors) {
    const provider = new TracerProvider({ spanProcessors });
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    api.trace.setGlobalTracerProvider(provider);
    return provider;
  },
});

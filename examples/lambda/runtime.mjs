// What the platform runs in the sandbox: it takes events, calls the handler, and answers. Not yours to write.
import { handler } from './handler.mjs';

process.on('message', (event) => {
  handler(event).then(
    () => process.send({ id: event.id, answer: 'ok' }),
    (error) => process.send({ id: event.id, answer: `failed: ${error.message}` }),
  );
});
process.send({ ready: true });

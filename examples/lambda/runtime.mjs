// What the platform runs in the sandbox: it takes events, calls the handler, and answers. Not yours to write.
import { handler } from './handler.mjs';

process.on('message', async (event) => {
  const answer = await handler(event).then(
    () => 'ok',
    (error) => `failed: ${error.message}`,
  );
  process.send({ id: event.id, answer });
});
process.send({ ready: true });

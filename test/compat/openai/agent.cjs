const { OpenAI } = require('openai');

const { sdk } = require('./telemetry.cjs');

async function main() {
  const { startProvider } = await import('../../../examples/provider/stand-in-provider.mjs');
  const provider = await startProvider();
  const client = new OpenAI({ baseURL: provider.url, apiKey: 'none-needed' });
  await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });
  await provider.close();
  await sdk.shutdown();
}

void main();

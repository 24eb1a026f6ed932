import OpenAI from 'openai';

import { startProvider } from '../../../examples/provider/stand-in-provider.mjs';
import { sdk } from './sdk.mjs';

const provider = await startProvider();
const client = new OpenAI({ baseURL: provider.url, apiKey: 'none-needed' });
await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });
await provider.close();
await sdk.shutdown();

// An application as it was before anybody thought of an audit log: OpenAI's client, and not one line of telemetry.
import OpenAI from 'openai';

const client = new OpenAI();
const { choices } = await client.chat.completions.create({
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'May I return the shoes after three weeks?' }],
});
console.log(choices[0].message.content);

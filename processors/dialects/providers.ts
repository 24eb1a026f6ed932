/** Providers that the conventions list (`gen_ai.provider.name`). */
const LISTED = [
  'anthropic',
  'aws.bedrock',
  'azure.ai.inference',
  'azure.ai.openai',
  'cohere',
  'deepseek',
  'gcp.gemini',
  'gcp.gen_ai',
  'gcp.vertex_ai',
  'groq',
  'ibm.watsonx.ai',
  'mistral_ai',
  'moonshot_ai',
  'openai',
  'perplexity',
  'x_ai',
] as const;

/** Other names of listed providers: older conventions, SDK packages, instrumentations. */
const ALIASES: readonly (readonly [string, (typeof LISTED)[number]])[] = [
  ['vertex_ai', 'gcp.vertex_ai'],
  ['vertexai', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['google.vertex.anthropic', 'gcp.vertex_ai'],
  ['vertex.anthropic', 'gcp.vertex_ai'],
  ['gemini', 'gcp.gemini'],
  ['google', 'gcp.gemini'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google_genai', 'gcp.gemini'], // LangChain, as the next
  ['google_vertexai', 'gcp.vertex_ai'],
  ['az.ai.openai', 'azure.ai.openai'],
  ['azure', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['azure_openai', 'azure.ai.openai'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['xai', 'x_ai'],
  ['aws', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['bedrock.anthropic', 'aws.bedrock'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['amazon_bedrock', 'aws.bedrock'],
  ['mistral', 'mistral_ai'],
  ['mistralai', 'mistral_ai'],
  ['moonshot', 'moonshot_ai'],
  ['moonshotai', 'moonshot_ai'],
  ['watsonx', 'ibm.watsonx.ai'],
];

const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ...LISTED.map((name): [string, string] => [name, name]),
  ...ALIASES.map(([alias, name]): [string, string] => [alias, name]),
]);

/** What SDKs put behind the provider: `openai.chat`, `anthropic.messages`. It names an interface, not another provider. */
const INTERFACE = /\.(chat|completion|completions|embedding|embeddings|image|messages|responses|speech|transcription)$/;

interface Provider {
  readonly provider: string | undefined;
  readonly provider_raw: string | undefined;
}

const NONE: Provider = { provider: undefined, provider_raw: undefined };

/**
 * The provider in the conventions' spelling, and the emitter's own where it differs. A name they do not list is kept in
 * lower case, without the SDK's interface behind it: it may be a service or a framework, which is for the reader to see.
 */
export function providerOf(raw: string | undefined): Provider {
  if (raw === undefined) return NONE;
  const lower = raw.toLowerCase();
  const bare = lower.replace(INTERFACE, '');
  const provider = PROVIDERS.get(lower) ?? PROVIDERS.get(bare) ?? bare;
  return { provider, provider_raw: provider === raw ? undefined : raw };
}

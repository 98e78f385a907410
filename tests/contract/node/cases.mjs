// Usage: node cases.mjs BASE_URL
// Makes every call once and prints one JSON object: for each case what the caller would see, or its error.
import { Buffer } from "node:buffer";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const base = process.argv[2];
const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-test", maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: base, apiKey: "sk-test", maxRetries: 0 });
const patient = new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-test", maxRetries: 2 });

// Prompts differ by case, so that no case is answered from another one's cache entry.
const prompt = (name) => `node case ${name}: café 水 🚀`;
const weather = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
};
const openaiTools = [{ type: "function", function: { name: "weather", parameters: weather } }];
const anthropicTools = [{ name: "weather", input_schema: weather }];

const collect = async (stream) => {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
};

const chat = (options = {}, simulate) => async (name, client = openai) => {
  const headers = simulate ? { "x-simulate": simulate } : {};
  const body = { model: "gpt-4o", messages: [{ role: "user", content: prompt(name) }], ...options };
  const answer = await client.chat.completions.create(body, { headers });
  return options.stream ? collect(answer) : answer;
};

const responses = (options = {}, simulate) => async (name) => {
  const headers = simulate ? { "x-simulate": simulate } : {};
  const answer = await openai.responses.create(
    { model: "gpt-4o", input: prompt(name), store: false, ...options },
    { headers },
  );
  return options.stream ? collect(answer) : answer;
};

const messages = (options = {}, simulate) => async (name) => {
  const headers = simulate ? { "x-simulate": simulate } : {};
  const body = {
    model: "claude-sonnet-5",
    max_tokens: 2000,
    messages: [{ role: "user", content: prompt(name) }],
    ...options,
  };
  const answer = await anthropic.messages.create(body, { headers });
  return options.stream ? collect(answer) : answer;
};

const embeddings = (options) => (name) =>
  openai.embeddings.create({ model: "text-embedding-3-small", input: prompt(name), ...options });

const thinking = { thinking: { type: "enabled", budget_tokens: 1024 } };

const cases = {
  chat: chat(),
  "chat-stream": chat({ stream: true }),
  "chat-usage": chat({ stream: true, stream_options: { include_usage: true } }),
  "chat-tools": chat({ tools: openaiTools }),
  "chat-tools-stream": chat({ tools: openaiTools, stream: true }),
  "chat-n-stream": chat({ n: 3, stream: true }),
  "chat-logprobs-stream": chat({ logprobs: true, top_logprobs: 2, stream: true }),
  "chat-unknown-stream": chat({ stream: true }, "unknown-fields; obfuscation"),
  "chat-crlf": chat({ stream: true }, "crlf; comments"),
  "chat-no-space": chat({ stream: true }, "no-space; chunk-bytes=5"),
  "chat-gzip": chat({ stream: true }, "encoding=gzip"),
  "chat-429": chat({}, "error=429; retry-after=7"),
  "chat-500-stream": chat({ stream: true }, "error=500"),
  "chat-error-in-stream": chat({ stream: true }, "error-in-stream"),
  "chat-cut": chat({ stream: true }, "cut-after-events=3"),
  "chat-torn": chat({ stream: true, stream_options: { include_usage: true } }, "cut-after-bytes=700"),
  "chat-retry": (name) => chat({}, `error=500; times=1; key=${Date.now()}-${base}; retry-after-ms=1`)(name, patient),
  "chat-stream-helper": async (name) => {
    const stream = openai.chat.completions.stream({
      model: "gpt-4o",
      messages: [{ role: "user", content: prompt(name) }],
      tools: openaiTools,
    });
    return stream.finalChatCompletion();
  },
  responses: responses(),
  "responses-stream": responses({ stream: true }),
  "responses-tools-stream": responses({
    stream: true,
    tools: [{ type: "function", name: "weather", parameters: weather, strict: false }],
  }),
  "responses-torn": responses({ stream: true }, "cut-after-bytes=3000"),
  "responses-incomplete": responses({ stream: true }, "finish=length"),
  embeddings: embeddings({}),
  "embeddings-float": embeddings({ encoding_format: "float" }),
  "embeddings-batch": (name) => embeddings({ input: [prompt(name), "b", prompt(name)] })(name),
  messages: messages(),
  "messages-stream": messages({ stream: true }),
  "messages-thinking": messages(thinking),
  "messages-thinking-stream": messages({ ...thinking, stream: true }),
  "messages-tools-stream": messages({ tools: anthropicTools, stream: true }),
  "messages-pings": messages({ stream: true }, "pings; comments"),
  "messages-unknown": messages({}, "unknown-fields"),
  "messages-529": messages({}, "error=529"),
  "messages-torn": messages({ stream: true }, "cut-after-bytes=700"),
  "messages-error-in-stream": messages({ stream: true }, "error-in-stream"),
  "messages-helper": async (name) => {
    const stream = anthropic.messages.stream({
      model: "claude-sonnet-5",
      max_tokens: 2000,
      messages: [{ role: "user", content: prompt(name) }],
      ...thinking,
    });
    return stream.finalMessage();
  },
  "messages-count": (name) =>
    anthropic.messages.countTokens({
      model: "claude-sonnet-5",
      messages: [{ role: "user", content: prompt(name) }],
    }),
  models: async () => collect(await openai.models.list()),
  upload: async () => {
    const file = await OpenAI.toFile(Buffer.alloc(300_000, "x"), "x.bin");
    // A multipart boundary is new each time, so only whether it arrived can be compared.
    return { arrived: (await openai.files.create({ file, purpose: "assistants" })).bytes > 300_000 };
  },
};

const results = {};
for (const [name, run] of Object.entries(cases)) {
  try {
    results[name] = { value: await run(name) };
  } catch (error) {
    results[name] = { error: error.constructor.name, status: error.status ?? null, body: error.error ?? null };
  }
}
// What a pipe has not taken yet would be lost by process.exit: the event loop ends by itself.
process.stdout.write(JSON.stringify(results));

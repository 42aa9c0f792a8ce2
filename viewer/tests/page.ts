/** A page as the server would render it, as far as the scripts under test need it. */

export function page(body: string, words: Record<string, string> = {}): void {
  document.head.innerHTML = `
    <meta name="csrf-token" content="proof">
    <meta name="user-name" content="dr.lin">
    <script type="application/json" id="script-words">${JSON.stringify(words)}</script>`;
  document.body.innerHTML = body;
}

export interface Asked {
  method: string;
  address: string;
  headers: Record<string, string>;
  body: unknown;
}

/** Answer every request by what `answer` makes of it, and remember what was asked. */
export function serve(answer: (asked: Asked) => Response): Asked[] {
  const asked: Asked[] = [];
  globalThis.fetch = (address, init = {}) => {
    const request = {
      method: init.method ?? "GET",
      address: address as string,
      headers: init.headers as Record<string, string>,
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : undefined,
    };
    asked.push(request);
    return Promise.resolve(answer(request));
  };
  return asked;
}

export function problem(status: number, slug: string, detail = slug): Response {
  const document = { type: `urn:medshare:problem:${slug}`, title: slug, status, detail };
  return new Response(JSON.stringify(document), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}

/** Let what was begun come to its end. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

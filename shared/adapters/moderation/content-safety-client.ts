import {
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';

/** How Azure AI Content Safety is reached. */
export interface ContentSafetyReach {
  /** https://<name>.cognitiveservices.azure.com */
  endpoint: string;
  /** Undefined: the app's identity. */
  key: string | undefined;
  credential: () => TokenCredential;
  httpClient: HttpClient;
}

export const harmCategories = ['Hate', 'Sexual', 'SelfHarm', 'Violence'] as const;
export type HarmCategory = (typeof harmCategories)[number];

/** What the service says of a text: 0, 2, 4 or 6 for each category. */
export type Severities = ReadonlyMap<string, number>;

/** Why there is no answer. Holds nothing of the request, which has the text and the key. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Seconds after which trying again may help; undefined: it will not. */
  readonly retrySeconds: number | undefined;

  constructor(message: string, retrySeconds?: number) {
    super(message);
    this.retrySeconds = retrySeconds;
  }
}

const analysis = z.object({
  categoriesAnalysis: z.array(z.object({ category: z.string(), severity: z.number() })),
});

const retrySecondsOf = (response: PipelineResponse): number => {
  const seconds = Number(response.headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
};

const severitiesOf = (body: string, categories: readonly HarmCategory[]): Severities => {
  try {
    const { categoriesAnalysis } = analysis.parse(JSON.parse(body));
    const severities = new Map(categoriesAnalysis.map(({ category, severity }) => [category, severity]));
    if (categories.every((category) => severities.has(category))) return severities;
  } catch {
    // what was answered instead may repeat the text, so nothing of it is kept
  }
  throw new NoAnswer('Content Safety answered something else than an analysis.');
};

/**
 * Makes the one call that is needed of the service.
 * https://learn.microsoft.com/rest/api/contentsafety/text-operations/analyze-text
 * @returns a function that throws NoAnswer
 */
export const contentSafetyClient = ({ endpoint, key, credential, httpClient }: ContentSafetyReach) => {
  const pipeline = createEmptyPipeline();
  if (key === undefined)
    pipeline.addPolicy(
      bearerTokenAuthenticationPolicy({
        credential: credential(),
        scopes: 'https://cognitiveservices.azure.com/.default',
      }),
    );
  const url = new URL('contentsafety/text:analyze?api-version=2024-09-01', endpoint.replace(/\/?$/, '/'))
    .href;
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { 'ocp-apim-subscription-key': key }),
  };

  return async (
    text: string,
    categories: readonly HarmCategory[],
    abortSignal: AbortSignal,
  ): Promise<Severities> => {
    const request = createPipelineRequest({
      url,
      method: 'POST',
      headers: createHttpHeaders(headers),
      body: JSON.stringify({ text, categories, outputType: 'FourSeverityLevels' }),
      abortSignal,
      allowInsecureConnection: true, // the app's settings have chosen the address
    });
    let response: PipelineResponse;
    try {
      response = await pipeline.sendRequest(httpClient, request);
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string };
      throw new NoAnswer(`Content Safety did not answer: ${code ?? name ?? 'unknown'}.`, 0);
    }
    const { status } = response;
    if (status === 200) return severitiesOf(response.bodyAsText ?? '', categories);
    const mayPass = status === 408 || status === 429 || status >= 500;
    throw new NoAnswer(`Content Safety answered ${status}.`, mayPass ? retrySecondsOf(response) : undefined);
  };
};

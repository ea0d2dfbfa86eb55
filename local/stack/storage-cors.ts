import { BlobServiceClient } from '@azure/storage-blob';
import { account, accountKey } from './settings.ts';

/**
 * Lets pages of these origins put blobs and get them by signed URLs, as the rules of a deployed account do.
 * @param blobUrl where Azurite serves blobs, `http://127.0.0.1:10000`
 */
export const allowPages = async (blobUrl: string, origins: readonly string[]): Promise<void> => {
  const { port } = new URL(blobUrl);
  const connection = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=http://127.0.0.1:${port}/${account};`;
  await BlobServiceClient.fromConnectionString(connection).setProperties({
    cors: [
      {
        allowedOrigins: origins.join(','),
        allowedMethods: 'GET,PUT,OPTIONS',
        allowedHeaders: 'content-type,x-ms-blob-type,x-ms-blob-content-type,x-ms-version',
        exposedHeaders: '',
        maxAgeInSeconds: 3600,
      },
    ],
  });
};

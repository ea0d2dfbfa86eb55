import { BlobServiceClient } from '@azure/storage-blob';

/** The account that every Azurite has. It is public: https://github.com/Azure/Azurite#default-storage-account */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Lets pages of these origins put blobs and get them by signed URLs, as the rules of a deployed account do.
 * @param blobUrl where Azurite serves blobs, `http://127.0.0.1:10000`
 */
export const allowPages = async (blobUrl: string, origins: readonly string[]): Promise<void> => {
  const { port } = new URL(blobUrl);
  const connection = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/${account};`;
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

import { z } from 'zod';
import { isGroupName } from '../../codec/names.ts';
import { signToken } from '../../codec/token.ts';
import { isPermissionName, type Permission } from '../../engine/permissions.ts';
import type { Session } from '../../engine/session.ts';
import { compileOptional, type RestCall } from './call.ts';
import { badRequest, connectionNotFound, userNotFound } from './errors.ts';
import { listConnections } from './list-connections.ts';

/** What an operation answers: a status, and a body where there is one to give. */
export interface RestAnswer {
  readonly status: number;
  readonly body?: object;
}

export type Operation = (call: RestCall, accessKey: string) => RestAnswer | Promise<RestAnswer>;

const OK: RestAnswer = { status: 200 };
const ACCEPTED: RestAnswer = { status: 202 };
const NO_CONTENT: RestAnswer = { status: 204 };

const exists = (does: boolean): RestAnswer => ({ status: does ? 200 : 404 });

const closeAll = (sessions: readonly Session[], reason: string): RestAnswer => {
  for (const session of sessions) session.close(reason);
  return NO_CONTENT;
};

const groupsRequest = z.object({
  groups: z.array(z.string().refine(isGroupName, 'is not a group name')).min(1),
  filter: z.string().nullish(),
});

const changeGroups = async (
  call: RestCall,
  change: (session: Session, group: string) => void,
): Promise<RestAnswer> => {
  const request = groupsRequest.safeParse(await call.json());
  if (!request.success) throw badRequest(`Invalid body: ${z.prettifyError(request.error)}`);
  const { groups, filter } = request.data;
  for (const session of call.hub.connections({ filter: compileOptional(filter) })) {
    for (const group of groups) change(session, group);
  }
  return OK;
};

/** The permission that the path names, of the connection that it names; no permission where there is no connection. */
const permissionOf = (call: RestCall): Permission | undefined => {
  const name = call.name('permission');
  if (!isPermissionName(name)) {
    throw badRequest(`Unknown permission '${name}': it is joinLeaveGroup or sendToGroup.`);
  }
  return call.hub.connection(call.name('connection'))?.permissions[name];
};

const targetGroup = (call: RestCall): string | undefined => call.query.get('targetName') ?? undefined;

const clientPaths: ReadonlyMap<string, string> = new Map([
  ['default', '/client/hubs/'],
  ['mqtt', '/clients/mqtt/hubs/'],
  ['socketio', '/clients/socketio/hubs/'],
]);

const MINUTES_A_YEAR = 60 * 24 * 365;

/** Tokens for MQTT and Socket.IO are made as Azure makes them; the service itself refuses such clients with 501. */
const generateToken: Operation = (call, accessKey) => {
  const clientType = call.query.get('clientType') ?? 'default';
  const path = clientPaths.get(clientType.toLowerCase());
  if (path === undefined) throw badRequest(`Unknown clientType '${clientType}': Default, MQTT or SocketIO.`);
  const now = Math.floor(Date.now() / 1000);
  const minutes = call.number('minutesToExpire', 1, MINUTES_A_YEAR) ?? 60;
  const several = (claim: string, parameter: string) => {
    const values = call.query.getAll(parameter);
    return values.length === 0 ? {} : { [claim]: values };
  };
  const userId = call.query.get('userId');
  const claims = {
    aud: new URL(path + encodeURIComponent(call.hub.name), call.url).href,
    iat: now,
    exp: now + minutes * 60,
    ...(userId === null || userId === '' ? {} : { sub: userId }),
    ...several('role', 'role'),
    ...several('webpubsub.group', 'group'),
  };
  return { status: 200, body: { token: signToken(claims, accessKey) } };
};

/** Every operation of the data plane (api-version 2024-12-01), by method and path below `/api/hubs/{hub}/`. */
export const operations: Readonly<Record<string, Operation>> = {
  'POST :send': async (call) => {
    const { selection } = call;
    call.hub.sendToAll(await call.payload(), selection);
    return ACCEPTED;
  },
  'POST users/{user}/:send': async (call) => {
    const { selection } = call;
    call.hub.sendToUser(call.name('user'), await call.payload(), selection);
    return ACCEPTED;
  },
  'POST groups/{group}/:send': async (call) => {
    const { selection, group } = call;
    call.hub.sendToGroup(group, await call.payload(), null, selection);
    return ACCEPTED;
  },
  'POST connections/{connection}/:send': async (call) => {
    call.hub.sendToConnection(call.name('connection'), await call.payload());
    return ACCEPTED;
  },

  'HEAD users/{user}': (call) => exists(call.hub.hasUser(call.name('user'))),
  'HEAD groups/{group}': (call) => exists(call.hub.hasGroup(call.group)),
  'HEAD connections/{connection}': (call) =>
    exists(call.hub.connection(call.name('connection')) !== undefined),
  'GET groups/{group}/connections': (call) => ({ status: 200, body: listConnections(call) }),

  'POST :closeConnections': (call) =>
    closeAll(call.hub.connections({ excluded: call.excluded }), call.closeReason),
  'POST users/{user}/:closeConnections': (call) =>
    closeAll(call.hub.ofUser(call.name('user'), { excluded: call.excluded }), call.closeReason),
  'POST groups/{group}/:closeConnections': (call) =>
    closeAll(call.hub.ofGroup(call.group, { excluded: call.excluded }), call.closeReason),
  'DELETE connections/{connection}': (call) => {
    call.hub.connection(call.name('connection'))?.close(call.closeReason);
    return NO_CONTENT;
  },

  'PUT groups/{group}/connections/{connection}': (call) => {
    const session = call.hub.connection(call.name('connection'));
    if (!session) throw connectionNotFound(call.name('connection'));
    session.join(call.group);
    return OK;
  },
  'DELETE groups/{group}/connections/{connection}': (call) => {
    call.hub.connection(call.name('connection'))?.leave(call.group);
    return NO_CONTENT;
  },
  'DELETE connections/{connection}/groups': (call) => {
    call.hub.connection(call.name('connection'))?.leaveAll();
    return NO_CONTENT;
  },
  'PUT users/{user}/groups/{group}': (call) => {
    const sessions = call.hub.ofUser(call.name('user'));
    if (sessions.length === 0) throw userNotFound(call.name('user'));
    for (const session of sessions) session.join(call.group);
    return OK;
  },
  'DELETE users/{user}/groups/{group}': (call) => {
    for (const session of call.hub.ofUser(call.name('user'))) session.leave(call.group);
    return NO_CONTENT;
  },
  'DELETE users/{user}/groups': (call) => {
    for (const session of call.hub.ofUser(call.name('user'))) session.leaveAll();
    return NO_CONTENT;
  },
  'POST :addToGroups': (call) =>
    changeGroups(call, (session, group) => {
      session.join(group);
    }),
  'POST :removeFromGroups': (call) =>
    changeGroups(call, (session, group) => {
      session.leave(group);
    }),

  'PUT permissions/{permission}/connections/{connection}': (call) => {
    const permission = permissionOf(call);
    if (!permission) throw connectionNotFound(call.name('connection'));
    permission.grant(targetGroup(call));
    return OK;
  },
  'DELETE permissions/{permission}/connections/{connection}': (call) => {
    permissionOf(call)?.revoke(targetGroup(call));
    return NO_CONTENT;
  },
  'HEAD permissions/{permission}/connections/{connection}': (call) =>
    exists(permissionOf(call)?.allows(targetGroup(call)) === true),

  'POST :generateToken': generateToken,
};

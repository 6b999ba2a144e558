/** A brand, as the platform gave it. `id` alone is promised. */
export interface Brand { id: number; [key: string]: unknown }

/** A user, as the platform gave it. `id` alone is promised. */
export interface User { id: number; [key: string]: unknown }

export interface Room {
  pk: number;
  participants: Brand[];
  /** Whether one of them has the business tariff. Administrators write only where it is true. */
  has_business: boolean;
}

/** A message as it is read: from `history`, and as `last_message` in `list`. */
export interface Message {
  id: number;
  text: string;
  user: User;
  /** UTC, to the millisecond. */
  created_at: string;
  room_id: number;
  client_msg_id?: string;
  /** The number of the change that created it. */
  seq: number;
  /** The time of the last edit. */
  edited_at: string | null;
}

export interface ListedRoom extends Room {
  last_seq: number;
  /** Not in an administrator's list. */
  unread?: number;
  last_message: Message | null;
}

export interface JoinedRoom extends Room {
  last_seq: number;
  /** There if `sinceSeq` was given: whether what was missed is told. */
  resumed?: boolean;
}

/** A message as it was written: from `send`, and in the event `message`. */
export interface Created {
  id: number;
  text: string;
  user: User;
  created_at: string;
  room: Room;
  client_msg_id?: string;
  seq: number;
}

export interface Edited { room_id: number; message_id: number; message_text: string; seq: number }

export interface Deleted { room_id: number; messages_ids: number[]; seq: number }

export interface History {
  /** The oldest comes first. */
  results: Message[];
  /** What to give as `before` for those before the first of them; `null` where there are none. */
  next_before_seq: number | null;
  /** What to give as `after` for those after the last of them; `null` where there are none. */
  next_after_seq: number | null;
  last_seq: number;
}

/** A change of the joined room. */
export interface Change<Data> {
  /** `data` of the protocol's frame. */
  data: Data;
  /** Whether it happened before the last (re)join, and is told belatedly. */
  replay: boolean;
  /**
   * Whether this client asked for it. Of edits and deletions that are replayed this is not
   * known, and `false`; so it is of replayed messages with a `clientMsgId` of your own.
   */
  mine: boolean;
  /** The author's `request_id`; `null` in a replay. */
  requestId: string | number | null;
}

export type State =
  | { state: "connecting" | "open" }
  | {
      state: "waiting";
      /** Milliseconds until the next attempt. */
      delay: number;
      /**
       * True after five and more attempts, the last of which never opened: the service is
       * out of reach, or does not accept the token, the user or the origin. A browser does not
       * tell which. Attempts go on, with pauses that grow to `maxDelay`.
       */
      refused: boolean;
      /** The close code; 1006 where there was none. */
      code: number;
      reason: string;
    }
  | {
      state: "closed";
      /** 4401, 4403, or 1000 when the client itself made an end. */
      code: number;
      reason: string;
    };

export interface AftermatchEventMap {
  /** Somebody, or this client, wrote a message. */
  message: CustomEvent<Change<Created>>;
  edit: CustomEvent<Change<Edited>>;
  delete: CustomEvent<Change<Deleted>>;
  /** What was missed cannot be told. Read the room anew; what follows `last_seq` is told again. */
  reset: CustomEvent<{ room_pk: number; last_seq: number }>;
  /**
   * The seat was lost, and nothing is heard until another `join`. `reason` is the protocol's
   * word, or the `error_code` with which the room could not be joined again.
   */
  room_closed: CustomEvent<{ room_pk: number; reason: string }>;
  state: CustomEvent<State>;
  /** The token could not be had, or no socket could be made. Another attempt follows. */
  error: CustomEvent<unknown>;
  /** Every frame as it was sent or received. */
  frame: CustomEvent<{ direction: "in" | "out"; text: string }>;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  onopen: ((event: any) => unknown) | null;
  onmessage: ((event: any) => unknown) | null;
  onclose: ((event: any) => unknown) | null;
  onerror: ((event: any) => unknown) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Options {
  /** Where the service is: `wss://chat.example.com`. In a page: where the page came from, if left out. */
  url?: string;
  /** The access token, or what gives one; asked before every connection. */
  token: string | (() => string | Promise<string>);
  /** Connects to the administrators' endpoint. */
  admin?: boolean;
  /** Outside of browsers: what to send as `Origin`; the origin of `url`, if left out. */
  origin?: string;
  /** Makes the WebSocket, for where the global one does not do. `origin` is that of the options. */
  createSocket?: (url: string, protocols: string[], origin?: string) => Socket;
  /** Closes the client when aborted. */
  signal?: AbortSignal;
  /** The first pause before another attempt, in milliseconds: 500. Each is up to half shorter, by chance. */
  minDelay?: number;
  /** The longest pause, in milliseconds: 30000. */
  maxDelay?: number;
  /** How long to wait for a connection or an answer before trying anew, in milliseconds: 20000. */
  timeout?: number;
  /** After so long a silence, in milliseconds, the connection is tried by asking something: 60000. */
  heartbeat?: number;
}

export interface CallOptions {
  /** Gives the call up. What was sent already may be carried out all the same. */
  signal?: AbortSignal;
}

/** A request that was refused, or that cannot be carried out any more. */
export class AftermatchError extends Error {
  constructor(status: number, code: string, errors: string[]);
  /** `response_status` of the protocol; 0 where the client was closed. */
  readonly status: number;
  /**
   * `error_code` of the protocol, or `closed` (the client is), or `frame_too_large` (the service
   * takes no frame of this size). `not_in_room` is also what the client itself says where a room
   * that was asked for could not be joined.
   */
  readonly code: string;
  /** Sentences for people. */
  readonly errors: string[];
}

/**
 * A connection that mends itself. Calls are carried out one after the other, in the order in
 * which they were made, and wait for a connection where there is none. Each gives the `data` of
 * the protocol's answer, or fails with an `AftermatchError` (or the `reason` of its signal).
 */
export class Aftermatch extends EventTarget {
  /** Connects at once; whoever listens before the next `await` hears everything. */
  constructor(options: Options);

  readonly state: "connecting" | "open" | "waiting" | "closed";
  /** The `pk` of the joined room. It is joined again after every reconnect. */
  readonly room: number | null;
  /** The highest `seq` that was heard in the joined room. */
  readonly seq: number;

  /** The rooms in reach, by `pk`. */
  list(options?: CallOptions & { limit?: number; afterPk?: number }): Promise<ListedRoom[]>;
  /** Takes the seat in a room. With `sinceSeq` what happened since is told first, as events. */
  join(room: number, options?: CallOptions & { sinceSeq?: number }): Promise<JoinedRoom>;
  leave(options?: CallOptions): Promise<{ response: string }>;
  /**
   * Writes in the room that was joined when this was called, once. `clientMsgId` (64 characters at
   * most) is for who keeps unsent texts over the end of the program: the same one again writes nothing new.
   */
  send(text: string, options?: CallOptions & { clientMsgId?: string }): Promise<Created>;
  edit(id: number, text: string, options?: CallOptions): Promise<Edited>;
  /**
   * Deletes messages. An answer without `seq` means: the first answer was lost, and when asked
   * again, none of them was there to delete.
   */
  delete(ids: number | number[], options?: CallOptions): Promise<Omit<Deleted, "seq"> & { seq?: number }>;
  /** Messages before or after a `seq`, or the newest: 50 of them, or up to `limit` (100 at most). */
  history(options?: CallOptions & { before?: number; after?: number; limit?: number }): Promise<History>;
  /** Not for administrators. */
  markRead(seq: number, options?: CallOptions): Promise<{ room_id: number; seq: number }>;
  /** Not for administrators. */
  roomInfo(options?: CallOptions): Promise<Room>;
  /** Ends the connection for good. Calls that are not done fail with the code `closed`. */
  close(): void;

  addEventListener<Type extends keyof AftermatchEventMap>(
    type: Type,
    listener: (event: AftermatchEventMap[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Parameters<EventTarget["addEventListener"]>[1],
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof AftermatchEventMap>(
    type: Type,
    listener: (event: AftermatchEventMap[Type]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: Parameters<EventTarget["addEventListener"]>[1],
    options?: boolean | EventListenerOptions,
  ): void;
}

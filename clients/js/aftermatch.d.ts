/**
 * An id. It is a BigInt if a number cannot hold it exactly (from 2^53 on), and it may be passed as
 * one.
 */
export type Id = number | bigint;

/** A brand as the platform provides it. Only `id` is guaranteed. */
export interface Brand { id: Id; [key: string]: unknown }

/** A user as the platform provides it. Only `id` is guaranteed. */
export interface User { id: Id; [key: string]: unknown }

export interface Room {
  pk: Id;
  participants: Brand[];
  /** Whether a participant has the business tariff. Without `pen`, only then can administrators write. */
  has_business: boolean;
  /** The same number as `pk`. */
  id: Id;
  /** The room is closed for writing, for everyone. Missing if not. */
  frozen?: true;
  /** What the room is for, such as `support`. Missing if it is `match`. */
  kind?: string;
  /** When administrators can write, whatever `has_business` is. Missing if that decides. */
  pen?: "always" | "never";
}

/** A message in `history` and `search`, and as `last_message` in `list`. */
export interface Message {
  id: Id;
  text: string;
  user: User;
  /** UTC, with milliseconds. */
  created_at: string;
  room_id: Id;
  client_msg_id?: string;
  /** The number of the event that created it. */
  seq: number;
  /** The time of the last edit; `null` if there was none. */
  edited_at: string | null;
  /** Missing without any. */
  attachments?: Attachment[];
}

/**
 * What a message carries beside its text. The platform has signed the `id` for the author; every
 * other key is what the author's client sent, and is not to be trusted.
 */
export interface Attachment { id: string; [key: string]: unknown }

export interface ListedRoom extends Room {
  last_seq: number;
  /** Missing for administrators. */
  unread?: number;
  last_message: Message | null;
  /** The user's own read position. Missing for administrators. */
  read_seq?: number;
  /** Which of the brands are online, for those who follow `presence`. */
  online?: Id[];
}

/** How far a user has read a room. */
export interface ReadPosition { user_id: Id; seq: number }

export interface JoinedRoom extends Room {
  last_seq: number;
  /** In which log of the room events have these numbers. */
  epoch: string;
  /** With `sinceSeq`: whether the missed events follow. */
  resumed?: boolean;
  /** Which of the brands are online, for those who follow `presence`. */
  online?: Id[];
  /** How far users have read the room, for those who follow `readPositions`. */
  read_positions?: ReadPosition[];
}

/** A created message: from `send`, and in the event `message`. */
export interface Created {
  id: Id;
  text: string;
  user: User;
  created_at: string;
  /** Missing after a `join` with `lean`. */
  room: Room;
  /** The room's `pk`. */
  room_id: Id;
  client_msg_id?: string;
  seq: number;
  /** Missing without any. */
  attachments?: Attachment[];
}

export interface Edited { room_id: Id; message_id: Id; message_text: string; seq: number }

export interface Deleted { room_id: Id; messages_ids: Id[]; seq: number }

export interface History {
  /** Oldest first. */
  results: Message[];
  /** Pass this as `before` to get the messages before these; `null` if there are none. */
  next_before_seq: number | null;
  /** Pass this as `after` to get the messages after these; `null` if there are none. */
  next_after_seq: number | null;
  last_seq: number;
}

export interface Found {
  /** Newest first. */
  results: Message[];
  /** Pass this as `beforeSeq` to get older messages with the words; `null` if there are none. */
  next_before_seq: number | null;
  last_seq: number;
}

/** Why a text is not there: it was forgotten, or it is too much for one response. */
export type Missing = "purged" | "left_out";

/** A message as one event left it. */
export interface MessageVersion {
  /** The number of the event. */
  seq: number;
  kind: "created" | "edited" | "deleted";
  /** Who did it. */
  user: User;
  /** UTC, with milliseconds. */
  at: string;
  /** `null` of a deletion, and if it is `missing`. */
  text: string | null;
  missing: "purged" | null;
  /** Why it was deleted. */
  reason: string | null;
}

export interface MessageHistory {
  room_pk: Id;
  msg_id: Id;
  /** Oldest first. */
  results: MessageVersion[];
  /** Pass this as `beforeSeq` to get older versions; `null` if there are none. */
  next_before_seq: number | null;
  /** Missing without any, and once they are purged. */
  attachments?: Attachment[];
}

/** An edit or a deletion, with what it took away. */
export interface AuditedEvent {
  seq: number;
  kind: "edited" | "deleted";
  /** Who did it. */
  user: User;
  /** UTC, with milliseconds. */
  at: string;
  /** Why messages were deleted. */
  reason: string | null;
  /** The messages, each with the text that it had before; `null` if it is `missing`. */
  messages: { id: Id; text: string | null; missing: Missing | null }[];
}

export interface Audit {
  room_pk: Id;
  /** Newest first. */
  results: AuditedEvent[];
  /** Pass this as `beforeSeq` to get older ones; `null` if there are none. */
  next_before_seq: number | null;
}

/** What a connection follows, and the limits of the service. */
export interface Followed {
  rooms: boolean | Id[];
  typing: boolean;
  presence: boolean;
  read_positions: boolean;
  limits: {
    /** The longest text of a message, in characters. */
    text_chars: number;
    frame_bytes: number;
    ids_per_delete: number;
    /** The most messages in one response. */
    page: number;
    /** How many missed events follow a join. */
    replay: number;
    /** `null` without a limit. */
    requests_per_second: number | null;
    ping_ms: number;
    idle_ms: number;
    server_time: string;
    /** How many a message may have; 0 if the service takes none. */
    attachments: number;
  };
}

/** The newest state of a room. */
export interface RoomChanged {
  room_pk: Id;
  last_seq: number;
  /** Missing for administrators. */
  unread?: number;
  /** The user's own read position. Missing for administrators. */
  read_seq?: number;
  last_message: Message | null;
  /** Only if the room has changed: the participants or their tariffs, `frozen`, `kind` or `pen`. */
  room?: Room;
  /** Which of the brands are online, for those who follow `presence`. */
  online?: Id[];
  /** For those who follow `readPositions`. */
  read_positions?: ReadPosition[];
}

/** An event in the joined room. */
export interface Change<Data> {
  /** `data` of the frame. */
  data: Data;
  /** Whether it was missed: it happened before the last (re)join. */
  replay: boolean;
  /**
   * Whether this client caused it: it sent such a request, and is the author of the message.
   * Always `false` for replayed edits and deletions: the client cannot know it there.
   */
  mine: boolean;
  /**
   * The `request_id` of the author's request; `null` in a replay. Others can choose any: use
   * `mine` to find your own.
   */
  requestId: string | Id | null;
}

export type State =
  | { state: "connecting" | "open" }
  | {
      state: "waiting";
      /** Milliseconds until the next attempt. */
      delay: number;
      /**
       * True if the service closed the connection at once, as one too many (then `reason` says
       * so), and after five or more attempts if the last one never opened: the service is
       * unreachable, or does not accept the token, the user or the origin. Browsers do not say
       * which. The client keeps trying, with delays that grow to `maxDelay`.
       */
      refused: boolean;
      /** The close code; 1006 if there was none. */
      code: number;
      reason: string;
    }
  | {
      state: "closed";
      /** 4401, 4403, or 1000 if the client itself was closed, or cannot work: `reason` says why. */
      code: number;
      reason: string;
    };

/** What listeners receive. It is no DOM event: React Native has none. */
export interface AftermatchEvent<Detail> { type: string; detail: Detail; target: Aftermatch }

export interface ListenerOptions {
  /** Receives one event only. */
  once?: boolean;
  /** Removes the listener when aborted. */
  signal?: AbortSignal;
}

export interface AftermatchEventMap {
  /** A message was created, by this client or another one. */
  message: AftermatchEvent<Change<Created>>;
  edit: AftermatchEvent<Change<Edited>>;
  delete: AftermatchEvent<Change<Deleted>>;
  /** The missed events are not available. Read the room again; events after `last_seq` follow. */
  reset: AftermatchEvent<{ room_pk: Id; last_seq: number }>;
  /**
   * The client is no longer in the room and gets no events until the next `join`. `reason` is
   * that of the protocol, or the `error_code` of the attempt to join the room again. After the
   * reasons `restarted` and `behind` there is no such event: the client joins again by itself.
   */
  room_closed: AftermatchEvent<{ room_pk: Id; reason: string }>;
  /**
   * The client has joined its room again. The missed events follow, or there was a `reset`; who is
   * `online` and the `read_positions` are those in the detail.
   */
  rejoined: AftermatchEvent<JoinedRoom>;
  /**
   * With `rooms`: something has changed in a room that is not joined, or any room itself: its
   * participants, their tariffs, `frozen`, `kind` or `pen`.
   */
  roomchanged: AftermatchEvent<RoomChanged>;
  /** With `rooms`: a room has come into reach. */
  roomadded: AftermatchEvent<ListedRoom>;
  /** With `rooms`: a room is out of reach. */
  roomremoved: AftermatchEvent<{ room_pk: Id; reason: string }>;
  /** With `typing`: all users who are typing in the joined room now. */
  typing: AftermatchEvent<{ room_pk: Id; user_ids: Id[] }>;
  /** With `presence`: a brand in the joined room has come or gone. */
  presence: AftermatchEvent<{ brand_id: Id; online: boolean; last_seen?: string }>;
  /**
   * With `readPositions`: a user has read the joined room up to `seq`; or this user any room,
   * with another connection.
   */
  read: AftermatchEvent<ReadPosition & { room_pk: Id }>;
  /**
   * The client follows again after a reconnect. What it missed of rooms that are not joined
   * is only in `list`: read it again.
   */
  refresh: AftermatchEvent<Followed>;
  state: AftermatchEvent<State>;
  /**
   * The function `token` threw: the client tries again. It returned no token, or the socket could
   * not be created: the client is closed now. Or, after a reconnect, the service refused what the
   * client followed: it follows nothing now.
   */
  error: AftermatchEvent<unknown>;
  /** Every frame, as it was sent or received. */
  frame: AftermatchEvent<{ direction: "in" | "out"; text: string }>;
}

/** The part of a WebSocket that the client uses. */
export interface Socket {
  onopen: ((event: any) => unknown) | null;
  onmessage: ((event: any) => unknown) | null;
  onclose: ((event: any) => unknown) | null;
  onerror: ((event: any) => unknown) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Options {
  /** The address of the service: `wss://chat.example.com`. Default in a page: the origin of the page. */
  url?: string;
  /**
   * The access token, or a function that returns one; it is called before every connection. After
   * `renew` the client connects with the new token, unless this is a function.
   */
  token: string | (() => string | Promise<string>);
  /** Connects to the administrators' endpoint. */
  admin?: boolean;
  /** Outside browsers: the `Origin` header. Default: the origin of `url`. */
  origin?: string;
  /** Creates the WebSocket if the global one is not suitable. `origin` is the option above. */
  createSocket?: (url: string, protocols: string[], origin?: string) => Socket;
  /** Closes the client when aborted. */
  signal?: AbortSignal;
  /** The first delay before a new attempt, in milliseconds (500). Each delay is randomly up to half shorter. */
  minDelay?: number;
  /** The longest delay, in milliseconds (30000). */
  maxDelay?: number;
  /** How long to wait for a connection or a response before trying again, in milliseconds (20000). */
  timeout?: number;
  /** After this long without a frame the client sends a request to test the connection, in milliseconds (60000). */
  heartbeat?: number;
}

export interface CallOptions {
  /** Aborts the call. If it was already sent, it may still take effect. */
  signal?: AbortSignal;
}

/** A request that was refused, or that can no longer be sent. */
export class AftermatchError extends Error {
  constructor(status: number, code: string, errors: string[]);
  /** `response_status` of the protocol; 0 if the client was closed. */
  readonly status: number;
  /**
   * `error_code` of the protocol, or `closed` (the client was closed), `frame_too_large` (the
   * service accepts no frame of this size), or `invalid_token` (the option `token` is none). The
   * client itself uses `not_in_room` if the room of the call could not be joined.
   */
  readonly code: string;
  /** Sentences for users. */
  readonly errors: string[];
}

/**
 * A connection that reconnects by itself. Calls are sent one after the other, in order, and wait
 * while there is no connection. Each returns the `data` of the response, or fails with an
 * `AftermatchError` (or the `reason` of its signal).
 */
export class Aftermatch {
  /**
   * Connects at once. Listeners that are added before the next `await` get all events. It throws
   * if the options are wrong in a way that waiting cannot mend.
   */
  constructor(options: Options);

  readonly state: "connecting" | "open" | "waiting" | "closed";
  /** The `pk` of the joined room. The client joins it again after every reconnect. */
  readonly room: Id | null;
  /** The highest `seq` received in the joined room. */
  readonly seq: number;
  /** In which log of the room `seq` is a number; `null` before the first join. */
  readonly epoch: string | null;

  /**
   * The rooms of this user, by `pk`: all, or at most `limit`, and only those after `afterPk`. They
   * are requested a hundred at a time, so that a slow line does not lose them all.
   */
  list(options?: CallOptions & { limit?: number; afterPk?: Id }): Promise<ListedRoom[] & {
    /** The `afterPk` of the rooms after these; `null` if there are none. */
    next_after_pk: Id | null;
  }>;
  /**
   * Asks for events beyond those of the joined room. What is left out stays as it was; `false`
   * ends it. It lasts: the client follows again after every reconnect, before it joins its room
   * again. Administrators can follow some rooms only, 100 at most: pass an array for `rooms`.
   */
  follow(options: CallOptions & {
    rooms?: boolean | Id[];
    typing?: boolean;
    presence?: boolean;
    readPositions?: boolean;
  }): Promise<Followed>;
  /**
   * Replaces the access token of this connection by another one of the same user, where the service
   * closes connections whose token has ended. `token_exp` is when the new one ends, in seconds since
   * 1970. If it is refused, with `invalid_token` or `user_mismatch`, the old one stays in force.
   */
  renew(token: string, options?: CallOptions): Promise<{ token_exp: number }>;
  /**
   * Joins a room. With `sinceSeq` the missed events follow first. `epoch` is that of the client
   * when it had received `sinceSeq`. With `lean` created messages come without `room`.
   */
  join(
    room: Id,
    options?: CallOptions & { sinceSeq?: number; epoch?: string; lean?: boolean },
  ): Promise<JoinedRoom>;
  leave(options?: CallOptions): Promise<{ response: string }>;
  /**
   * Creates a message, once, in the room that was joined when this was called. Set `clientMsgId`
   * (64 characters at most) if you store unsent texts: the same id never creates a second message.
   * With `attachments`, at most ten, each as the platform signed it, the text may be blank.
   */
  send(
    text: string,
    options?: CallOptions & {
      clientMsgId?: string;
      attachments?: (Attachment & { signature: string })[];
    },
  ): Promise<Created>;
  edit(id: Id, text: string, options?: CallOptions): Promise<Edited>;
  /**
   * Deletes messages. A result without `seq` means that the first response was lost and the
   * repeated request found no message to delete. A `reason` (500 characters at most) is for
   * administrators, and only they can read it.
   */
  delete(
    ids: Id | Id[],
    options?: CallOptions & { reason?: string },
  ): Promise<Omit<Deleted, "seq"> & { seq?: number }>;
  /** Messages before or after a `seq`, or the newest: 50, or `limit` (100 at most). */
  history(options?: CallOptions & { before?: number; after?: number; limit?: number }): Promise<History>;
  /**
   * Messages that have all words of `text`, in any case, the newest first: 50, or `limit` (100 at
   * most). A word is letters and digits that follow each other.
   */
  search(text: string, options?: CallOptions & { beforeSeq?: number; limit?: number }): Promise<Found>;
  /**
   * For administrators: the versions of a message, deleted or not; the newest 50, or `limit` (100
   * at most), and fewer if they are long.
   */
  messageHistory(id: Id, options?: CallOptions & { beforeSeq?: number; limit?: number }): Promise<MessageHistory>;
  /**
   * For administrators: what was edited and deleted in the room, the newest first; 50, or `limit`
   * (100 at most), and fewer if they are long.
   */
  audit(options?: CallOptions & { beforeSeq?: number; limit?: number }): Promise<Audit>;
  /**
   * Stores how far the user has read. With `private` others do not learn of it. Not for
   * administrators.
   */
  markRead(seq: number, options?: CallOptions & { private?: boolean }): Promise<{ room_id: Id; seq: number }>;
  /**
   * Shows the others in the room that the user is typing. Call it for every letter: at most one
   * in three seconds is sent. Does nothing without a room or a connection, and never fails.
   */
  typing(): void;
  /** Not for administrators. */
  roomInfo(options?: CallOptions): Promise<Room>;
  /**
   * Tests the connection at once, with a short limit, and connects at once if there is none: the
   * device may have slept. In pages that happens by itself; React Native calls it when `AppState`
   * becomes `active`.
   */
  wake(): void;
  /** Closes the connection for good. Unfinished calls fail with the code `closed`. */
  close(): void;

  addEventListener<Type extends keyof AftermatchEventMap>(
    type: Type,
    listener: Listener<AftermatchEventMap[Type]>,
    options?: ListenerOptions,
  ): void;
  removeEventListener<Type extends keyof AftermatchEventMap>(
    type: Type,
    listener: Listener<AftermatchEventMap[Type]>,
  ): void;
}

type Listener<Event> = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

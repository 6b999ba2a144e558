// The texts of the page, in the language of the browser.

export const texts = {
  en: {
    tagline: "the chat between two brands that matched",
    protocol: "Protocol",
    people: "People",
    addPerson: "Add a person",
    whoAreYou: "Who do you want to be?",
    chooseHint: "Choose a person, then add another one beside. You can also open each in a separate tab.",
    sideBySide: (one, two) => `${one} and ${two}, side by side`,
    administrator: "Administrator",
    ownTab: "Open in a separate tab",
    ownTabOf: (name) => `${name}: open in a separate tab`,
    noPeople: "Enter an access token to sign in.",
    unknownAddress: "The service does not know the address of this page and may refuse its connections. See CHAT_ALLOWED_ORIGINS.",
    withToken: "With an access token",
    token: "Access token",
    tokenHint: "The platform issues it. It stays in the memory of this tab.",
    notAToken: "This is not an access token: it must have three parts separated by dots, and a user_id.",
    asAdmin: "As an administrator",
    enter: "Enter",
    close: (name) => `Close ${name}`,
    closeChooser: "Close",
    online: "Online",
    offline: "Offline",
    lastSeen: (time) => `Last seen ${time}`,
    typing: (names) => (names.length > 2 ? "Several people are typing…" : `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} typing…`),
    isSent: "Sent",
    isRead: "Read",
    connecting: "Connecting…",
    lost: (seconds) => `Connection lost. Next try in ${seconds} s`,
    refused: (seconds) => `Cannot connect: the service is unreachable, or does not accept this person or this address. Next try in ${seconds} s`,
    ended: { 4401: "This user was deactivated.", 4403: "This user no longer has access.", 1000: "Closed." },
    rooms: "Rooms",
    noRooms: "No rooms yet: they open when two brands match.",
    moreRooms: "More rooms",
    nobody: "Nobody",
    room: (pk) => `Room ${pk}`,
    andMore: (count) => `and ${count} more`,
    unread: (count) => (count === 1 ? "1 unread message" : `${count} unread messages`),
    noMessages: "No messages yet",
    you: "You",
    chooseRoom: "Choose a room to read and write in.",
    loading: "Loading…",
    backToRooms: "Back to the rooms",
    leave: "Leave",
    selectMessages: "Select",
    selected: (count) => `${count} selected`,
    deleteSelected: "Delete",
    cancel: "Cancel",
    earlier: "Earlier messages",
    newest: "To the newest",
    emptyRoom: "Nothing was written here yet. Say hello!",
    edited: "edited",
    sending: "sending…",
    notSent: "Not sent:",
    tryAgain: "Try again",
    putBack: "Put back into the field",
    options: "What to do with it",
    optionsOf: (text) => `What to do with “${text}”`,
    edit: "Edit",
    delete: "Delete for everyone",
    selectSeveral: "Select several",
    editing: "Editing",
    save: "Save",
    send: "Send",
    write: "Write a message",
    writeHint: "Enter sends, Shift+Enter starts a new line, ↑ edits the last message",
    notDeleted: (count) => (count === 1 ? "1 message could not be deleted." : `${count} messages could not be deleted.`),
    dismiss: "Dismiss",
    frames: "Frames",
    framesHint: "Everything this person's connection sends and receives.",
    clear: "Clear",
    noFrames: "Nothing yet.",
    sent: "sent",
    received: "received",
    times: (count) => `× ${count}`,
    errors: {
      brand_removed: "Your brand is no longer in this room.",
      room_removed: "This room was removed.",
      brand_lost: "Your brand has another owner now.",
      text_blank: "It is empty.",
      text_too_long: "It is too long.",
      frame_too_large: "It is too long.",
      text_has_nul: "It contains a character that cannot be stored (U+0000).",
      message_not_found: "This message no longer exists.",
      room_forbidden: "Your brand is not in this room.",
      room_not_found: "This room no longer exists.",
      room_frozen: "This room is closed for writing.",
      admins_cannot_write: "Administrators read here.",
      business_required: "Administrators read here. They can write where a participant has the business tariff.",
      not_in_room: "You are not in a room. Choose one.",
      closed: "The connection was closed.",
    },
  },
  ru: {
    tagline: "чат двух брендов после мэтча",
    protocol: "Протокол",
    people: "Люди",
    addPerson: "Добавить человека",
    whoAreYou: "Кем вы хотите быть?",
    chooseHint: "Выберите человека, затем добавьте рядом ещё одного. Каждого можно открыть и в отдельной вкладке.",
    sideBySide: (one, two) => `${one} и ${two}, рядом`,
    administrator: "Администратор",
    ownTab: "Открыть в отдельной вкладке",
    ownTabOf: (name) => `${name}: открыть в отдельной вкладке`,
    noPeople: "Чтобы войти, введите токен доступа.",
    unknownAddress: "Сервис не знает адрес этой страницы и может отклонить соединение. См. CHAT_ALLOWED_ORIGINS.",
    withToken: "С токеном доступа",
    token: "Токен доступа",
    tokenHint: "Его выдаёт платформа. Он хранится только в памяти этой вкладки.",
    notAToken: "Это не токен доступа: нужны три части через точку и user_id внутри.",
    asAdmin: "Как администратор",
    enter: "Войти",
    close: (name) => `Закрыть: ${name}`,
    closeChooser: "Закрыть",
    online: "В сети",
    offline: "Не в сети",
    lastSeen: (time) => `Последний раз в сети: ${time}`,
    typing: (names) => (names.length > 2 ? "Несколько человек печатают…" : `${names.join(" и ")} ${names.length === 1 ? "печатает" : "печатают"}…`),
    isSent: "Отправлено",
    isRead: "Прочитано",
    connecting: "Подключение…",
    lost: (seconds) => `Соединение потеряно. Следующая попытка через ${seconds} с`,
    refused: (seconds) => `Не удаётся войти: сервис недоступен или не принимает этого пользователя или этот адрес. Следующая попытка через ${seconds} с`,
    ended: { 4401: "Этот пользователь отключён.", 4403: "У этого пользователя больше нет доступа.", 1000: "Закрыто." },
    rooms: "Комнаты",
    noRooms: "Комнат пока нет: они появляются после мэтча двух брендов.",
    moreRooms: "Ещё комнаты",
    nobody: "Никого",
    room: (pk) => `Комната ${pk}`,
    andMore: (count) => `и ещё ${count}`,
    unread: (count) => `Непрочитанных сообщений: ${count}`,
    noMessages: "Сообщений пока нет",
    you: "Вы",
    chooseRoom: "Выберите комнату, чтобы читать и писать.",
    loading: "Загрузка…",
    backToRooms: "Назад к комнатам",
    leave: "Закрыть",
    selectMessages: "Выбрать",
    selected: (count) => `Выбрано: ${count}`,
    deleteSelected: "Удалить",
    cancel: "Отмена",
    earlier: "Более ранние сообщения",
    newest: "К новым сообщениям",
    emptyRoom: "Здесь ещё ничего не написано. Поздоровайтесь!",
    edited: "изменено",
    sending: "отправляется…",
    notSent: "Не отправлено:",
    tryAgain: "Ещё раз",
    putBack: "Вернуть в поле ввода",
    options: "Действия с сообщением",
    optionsOf: (text) => `Действия с сообщением «${text}»`,
    edit: "Изменить",
    delete: "Удалить у всех",
    selectSeveral: "Выбрать несколько",
    editing: "Редактирование",
    save: "Сохранить",
    send: "Отправить",
    write: "Напишите сообщение",
    writeHint: "Enter — отправить, Shift+Enter — новая строка, ↑ — изменить последнее сообщение",
    notDeleted: (count) => `Не удалось удалить сообщений: ${count}.`,
    dismiss: "Скрыть",
    frames: "Фреймы",
    framesHint: "Всё, что отправляет и получает соединение этого пользователя.",
    clear: "Очистить",
    noFrames: "Пока ничего.",
    sent: "отправлено",
    received: "получено",
    times: (count) => `× ${count}`,
    errors: {
      brand_removed: "Ваш бренд больше не участвует в этой комнате.",
      room_removed: "Эта комната удалена.",
      brand_lost: "У вашего бренда теперь другой владелец.",
      text_blank: "Сообщение пустое.",
      text_too_long: "Сообщение слишком длинное.",
      frame_too_large: "Сообщение слишком длинное.",
      text_has_nul: "В сообщении есть символ, который нельзя сохранить (U+0000).",
      message_not_found: "Этого сообщения уже нет.",
      room_forbidden: "Ваш бренд не участвует в этой комнате.",
      room_not_found: "Такой комнаты больше нет.",
      room_frozen: "Эта комната закрыта: писать, изменять и удалять нельзя.",
      admins_cannot_write: "Здесь администраторы только читают.",
      business_required: "Здесь администраторы только читают. Писать они могут там, где у одного из участников тариф «Бизнес».",
      not_in_room: "Вы не в комнате. Выберите комнату.",
      closed: "Соединение закрыто.",
    },
  },
};

/** Some browsers without a language have the `C` of the system, which no formatter accepts. */
function isLanguage(name) {
  try {
    return Intl.getCanonicalLocales(name).length > 0;
  } catch {
    return false;
  }
}

const wanted = [...(navigator.languages ?? []), navigator.language].find(isLanguage) ?? "en";

export const language = wanted.toLowerCase().startsWith("ru") ? "ru" : "en";

export const t = texts[language];

/** The sentence to show for an error. */
export function explain(error) {
  return t.errors[error.code] ?? error.message;
}

const clock = new Intl.DateTimeFormat(wanted, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(wanted, { day: "numeric", month: "long", year: "numeric" });
const shortDay = new Intl.DateTimeFormat(wanted, { day: "2-digit", month: "2-digit", year: "2-digit" });
const moment = new Intl.DateTimeFormat(wanted, { dateStyle: "long", timeStyle: "medium" });

export const timeOf = (time) => clock.format(new Date(time));
export const dayOf = (time) => day.format(new Date(time));
export const momentOf = (time) => moment.format(new Date(time));

/** The time, with the day unless it is today. */
export function momentSince(time) {
  const today = dayOf(time) === day.format(new Date());
  return today ? timeOf(time) : `${dayOf(time)}, ${timeOf(time)}`;
}

/** The time if it is today, otherwise the day. */
export function shortTimeOf(time) {
  const today = dayOf(time) === day.format(new Date());
  return (today ? clock : shortDay).format(new Date(time));
}

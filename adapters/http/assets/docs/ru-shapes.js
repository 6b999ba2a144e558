// What parameters, keys and endpoints mean, in Russian, by the English text of the document.

export const translations = {
  "A brand has come or gone.":
    "Бренд появился в сети или вышел из неё.",
  "A brand, as the platform's own API documents describe it.":
    "Бренд в том виде, как его описывает документация API платформы.",
  "A connection is in one room at a time; joining another room leaves the first. After a refused join the connection is still in the room where it was before.":
    "Соединение одновременно находится только в одной комнате: присоединяясь к другой, оно покидает прежнюю. После отказа соединение остаётся там, где было.",
  "A frame for one session.":
    "Фрейм для одного сеанса.",
  "A message as one event left it.":
    "Сообщение в том виде, в каком его оставило одно событие.",
  "A message that existed before, with the same `client_msg_id`.":
    "Сообщение, которое уже было, с тем же `client_msg_id`.",
  "A message was created.":
    "Сообщение создано.",
  "A message was edited.":
    "Сообщение изменено.",
  "A message.":
    "Сообщение.",
  "A numbered page of the messages, newest first.":
    "Страница сообщений по номеру, сначала новые.",
  "A page of the rooms.":
    "Страница комнат.",
  "A range of the messages, oldest first.":
    "Часть сообщений, сначала старые.",
  "A response has the `request_id` of its request.":
    "В ответе тот же `request_id`, что и в запросе.",
  "A room in a list.":
    "Комната в списке.",
  "A room that is out of reach.":
    "Комната, которая больше не доступна.",
  "A room.":
    "Комната.",
  "A text that an event took away.":
    "Текст, который убрало событие.",
  "A user, as the platform's own API documents describe it.":
    "Пользователь в том виде, как его описывает документация API платформы.",
  "A word is letters and digits that follow each other. Case makes no difference, and a message must have all of the words. The newest messages come first.":
    "Слово — это буквы и цифры подряд. Регистр не важен, в сообщении должны быть все слова. Сначала идут новые сообщения.",
  "After `restarted` and `behind`: join again, with the last `seq` that was received before this frame, and the `epoch` of the last join. After the others the right has ended.":
    "После `restarted` и `behind`: присоединитесь снова с последним `seq`, полученным до этого фрейма, и с `epoch` последнего присоединения. После остальных причин права больше нет.",
  "After how many milliseconds without a sign of the client its connection is closed.":
    "Через сколько миллисекунд тишины со стороны клиента его соединение закрывается.",
  "All rooms in reach or none, or these.":
    "Все доступные комнаты, ни одной или только эти.",
  "All rooms.":
    "Все комнаты.",
  "All who are typing there now.":
    "Все, кто сейчас там печатает.",
  "An access token of the same user, as in the handshake.":
    "Токен доступа того же пользователя, как при подключении.",
  "An edit or a deletion, with what it took away.":
    "Изменение или удаление и то, что оно убрало.",
  "An event as a client receives it that missed it.":
    "Событие в том виде, в каком его получает пропустивший его клиент.",
  "An event as everyone joined receives it.":
    "Событие в том виде, в каком его получают все, кто в комнате.",
  "At most this many edits and deletions. The default is 50.":
    "Не больше стольких изменений и удалений. По умолчанию 50.",
  "At most this many messages. The default is 50.":
    "Не больше стольких сообщений. По умолчанию 50.",
  "At most this many rooms. If only `after_pk` is given, it is the maximum.":
    "Не больше стольких комнат. Если указан только `after_pk`, берётся максимум.",
  "At most this many versions. The default is 50.":
    "Не больше стольких версий. По умолчанию 50.",
  "Brands can delete their own messages, administrators those of any author. Everyone joined receives the ids of the messages that were really deleted. The `reason` of an administrator is only in `get_message_history` and `get_audit`.":
    "Бренды удаляют свои сообщения, администраторы — сообщения любого автора. Все, кто в комнате, получают id тех сообщений, которые действительно удалены. Причина `reason`, указанная администратором, есть только в `get_message_history` и `get_audit`.",
  "Each parameter is one kind of news; one that is left out stays as it is. Without this action a connection receives none of them. It lasts as long as the connection. The response repeats what is in force, and has the limits of the service.":
    "Каждый параметр — один вид новостей; непереданный остаётся как был. Без этого действия соединение не получает ничего из этого. Действует до конца соединения. Ответ повторяет то, что сейчас включено, и содержит лимиты сервиса.",
  "Edits and deletions, newest first.":
    "Изменения и удаления, сначала новые.",
  "Everyone joined receives it. The text is stored and sent exactly as it came. With a `client_msg_id` the request can be sent again at any time: for one author in one room, it stands for one message, permanently. A message with attachments needs no text.":
    "Сообщение получают все, кто в комнате. Текст хранится и отправляется точно таким, каким пришёл. С `client_msg_id` запрос можно отправить повторно в любой момент: для одного автора в одной комнате он навсегда обозначает одно сообщение. Сообщению с вложениями текст не нужен.",
  "Everyone joined receives the new text. The message keeps its place in the history, and its attachments.":
    "Новый текст получают все, кто в комнате. Место сообщения в истории и его вложения не меняются.",
  "What the message carries beside its text. The platform signed each `id`, for the author. Every other key is what the author's client sent.":
    "То, что сообщение несёт кроме текста. Каждый `id` платформа подписала для автора. Остальные ключи — то, что прислал клиент автора.",
  "How many attachments a message may have; 0 if the service takes none.":
    "Сколько вложений может быть у сообщения; 0, если сервис их не принимает.",
  "Objects that the platform made and signed for the user. Their other keys are the platform's own; they are passed on as they are, without `signature`.":
    "Объекты, которые платформа создала и подписала для пользователя. Остальные их ключи принадлежат платформе и передаются как есть, без `signature`.",
  "For a brand these are the rooms in which it takes part, for an administrator all. With `limit` or `after_pk` the response is one page of them.":
    "Для бренда это комнаты, в которых он участвует, для администратора — все. С `limit` или `after_pk` ответ содержит одну их страницу.",
  "For browsers, which cannot set `Authorization`: the token as the last subprotocol, after the name of the endpoint, `chat` or `admin-chat`. The service selects that name, and never repeats the token.":
    "Для браузеров, которые не могут задать `Authorization`: токен передаётся последним подпротоколом, после имени эндпоинта, `chat` или `admin-chat`. Сервис выбирает это имя и никогда не повторяет токен.",
  "Host and port of the service.":
    "Хост и порт сервиса.",
  "How far a user has read a room.":
    "Докуда пользователь прочитал комнату.",
  "How far users have read the room, for those who follow `read_positions`.":
    "Докуда пользователи прочитали комнату, для подписанных на `read_positions`.",
  "How far users have read the room, for those who follow `read_positions`. One who has read nothing is left out.":
    "Докуда пользователи прочитали комнату, для подписанных на `read_positions`. Того, кто ничего не прочитал, здесь нет.",
  "How many events are replayed after a join with `since_seq`.":
    "Сколько событий повторяется после присоединения с `since_seq`.",
  "How many frames a connection may send in a second, as a mean over four seconds; `null` without a limit.":
    "Сколько фреймов в секунду может отправить соединение, в среднем за четыре секунды; `null`, если ограничения нет.",
  "How many messages of others the user has not read there, up to 1,000; missing for an administrator.":
    "Сколько чужих сообщений пользователь там не прочитал, не больше 1 000; для администратора этого нет.",
  "How many messages of others the user has not read there, up to 1,000; missing in an administrator's list.":
    "Сколько чужих сообщений пользователь там не прочитал, не больше 1 000; в списке администратора этого нет.",
  "How many messages one deletion may name.":
    "Сколько сообщений можно удалить одним запросом.",
  "How many messages the room has, at most 10,000.":
    "Сколько сообщений в комнате, не больше 10 000.",
  "How many milliseconds to wait.":
    "Сколько миллисекунд подождать.",
  "How often the service sends a ping, in milliseconds.":
    "Как часто сервис отправляет ping, в миллисекундах.",
  "In which log of the room events have these numbers. Send it back with `since_seq`.":
    "В каком журнале комнаты события имеют эти номера. Передавайте его обратно вместе с `since_seq`.",
  "Instead of `Authorization`: `admin-chat, <access token>`":
    "Вместо `Authorization`: `admin-chat, <access token>`",
  "Instead of `Authorization`: `chat, <access token>`":
    "Вместо `Authorization`: `chat, <access token>`",
  "It was replaced or deleted so long ago that the service has forgotten it.":
    "Он был заменён или удалён так давно, что сервис его забыл.",
  "Its host must be one that the operators allow. Browsers send this header by themselves.":
    "Хост должен быть из тех, что разрешены при настройке сервиса. Браузеры отправляют этот заголовок сами.",
  "Messages that have the words of a search, newest first.":
    "Сообщения, в которых есть искомые слова, сначала новые.",
  "Messages were deleted.":
    "Сообщения удалены.",
  "Only after a request with `since_seq`: whether a replay follows. If not, read the room again.":
    "Только после запроса с `since_seq`: последует ли повтор. Если нет, прочитайте комнату заново.",
  "Only edits and deletions before this number.":
    "Только изменения и удаления до этого номера.",
  "Only messages before this number.":
    "Только сообщения до этого номера.",
  "Only one of `before_seq`, `after_seq` and `page` can be given, and `page` cannot have a `limit`. Without any of them the response has the newest messages. Reading by `seq` is stable while others write; pages move.":
    "Можно указать только один из параметров `before_seq`, `after_seq` и `page`, а у `page` не может быть `limit`. Без них ответ содержит самые новые сообщения. Чтение по `seq` надёжно, даже пока другие пишут; страницы при этом сдвигаются.",
  "Only rooms with a higher `pk`.":
    "Только комнаты с большим `pk`.",
  "Only versions before this number.":
    "Только версии до этого номера.",
  "Open to active users who are administrators. They can join every room. They can write where `pen` is `always`, or there is no `pen` and `has_business` is true, but never where `frozen` is true. Where they can write, they can edit their own messages, and delete those of any author.":
    "Для активных администраторов. Они могут присоединиться к любой комнате. Писать могут там, где `pen` равен `always`, или где `pen` нет, а `has_business` равен true, но никогда там, где `frozen` равен true. Где могут писать, там могут изменять свои сообщения и удалять сообщения любого автора.",
  "Open to active users who own a brand. Their rooms are those in which the brand takes part. They can write, and edit and delete their own messages, unless `frozen` is true.":
    "Для активных пользователей, у которых есть бренд. Их комнаты — те, в которых участвует бренд. Они могут писать, изменять и удалять свои сообщения, если `frozen` не равен true.",
  "The `after_pk` of the next page; `null` if there is none.":
    "`after_pk` следующей страницы; `null`, если её нет.",
  "The `after_seq` for the messages after these; `null` if there are none.":
    "`after_seq` для сообщений после этих; `null`, если их нет.",
  "The `before_seq` for older messages with the words; `null` if there are none.":
    "`before_seq` для более старых сообщений с этими словами; `null`, если их нет.",
  "The `before_seq` for the edits and deletions before these; `null` if there are none.":
    "`before_seq` для изменений и удалений до этих; `null`, если их нет.",
  "The `before_seq` for the messages before these; `null` if there are none.":
    "`before_seq` для сообщений до этих; `null`, если их нет.",
  "The `before_seq` for the versions before these; `null` if there are none.":
    "`before_seq` для версий до этих; `null`, если их нет.",
  "The `epoch` of the join after which that `seq` was received. It is ignored without `since_seq`.":
    "`epoch` того присоединения, после которого получен этот `seq`. Без `since_seq` не учитывается.",
  "The author's own id for the message, if there is one.":
    "Собственный id, который автор дал сообщению, если он есть.",
  "The brands of a room, in its order.":
    "Бренды комнаты в её порядке.",
  "The chat between two brands after they have matched. Administrators of the platform can read every room. A client opens one WebSocket and keeps it open. Through it the client sends requests, each for one action, and receives the events of the one room it has joined.":
    "Чат двух брендов после мэтча. Администраторы платформы могут читать каждую комнату. Клиент открывает один WebSocket и держит его открытым. Через него он отправляет запросы, по одному действию в каждом, и получает события той комнаты, к которой присоединился.",
  "The client's id for its request: an integer, which comes back digit for digit, or a string of at most 64 characters. Everyone joined receives it with the author's frame, so make it unique: a random UUID is a good choice.":
    "Собственный id запроса: целое число, которое вернётся цифра в цифру, или строка не длиннее 64 символов. Его получают все, кто в комнате, вместе с фреймом автора, поэтому делайте его уникальным: хорошо подходит случайный UUID.",
  "The client's own id for the message: characters of `A-Z a-z 0-9 . _ : -`.":
    "Собственный id сообщения, который даёт клиент: символы `A-Z a-z 0-9 . _ : -`.",
  "The edited message, or the deleted ones in the order of the request.":
    "Изменённое сообщение или удалённые, в порядке запроса.",
  "The end of a seat.":
    "Конец места в комнате.",
  "The largest frame, in bytes.":
    "Самый большой фрейм, в байтах.",
  "The last `seq` that the client knows. What has changed since then is sent first. If that is more than 500 frames, if more than 10000 messages were deleted since, or if `epoch` is that of another log, there is no replay and `resumed` is `false`.":
    "Последний известный клиенту `seq`. Всё, что изменилось с тех пор, отправляется сначала. Если это больше 500 фреймов, если с тех пор удалено больше 10000 сообщений или если `epoch` относится к другому журналу, повтора нет, а `resumed` равен `false`.",
  "The limits of the service.":
    "Лимиты сервиса.",
  "The longest text of a message, in characters.":
    "Самый длинный текст сообщения, в символах.",
  "The message's `id`.":
    "`id` сообщения.",
  "The messages that were really deleted, in the order of the request.":
    "Сообщения, которые действительно удалены, в порядке запроса.",
  "The messages' `id`s.":
    "`id` сообщений.",
  "The most messages in one response.":
    "Больше всего сообщений в одном ответе.",
  "The new one must be of the same user. If it is refused, the old one stays. Where operators close connections whose token has ended, this keeps a connection open that has renewed or followed.":
    "Новый токен должен принадлежать тому же пользователю. Если он не принят, остаётся прежний. Там, где сервис закрывает соединения с истёкшим токеном, это сохраняет соединение, которое обновляло токен или подписывалось.",
  "The new text.":
    "Новый текст.",
  "The new text. It has no U+0000, and at least one character that is not white space, unless the message has attachments. Operators set its maximum length.":
    "Новый текст. В нём нет U+0000 и есть хотя бы один непробельный символ, если у сообщения нет вложений. Наибольшую длину задают операторы.",
  "The newest come first. The response can have fewer than `limit` if they took much away.":
    "Сначала новые. В ответе их может быть меньше `limit`, если они убрали много текста.",
  "The newest messages before this number.":
    "Самые новые сообщения до этого номера.",
  "The newest state of a room.":
    "Новейшее состояние комнаты.",
  "The number of a page, from 1: the newest 100 messages, the 100 before them, and so on.":
    "Номер страницы, от 1: самые новые 100 сообщений, 100 перед ними и так далее.",
  "The number of the event in the room.":
    "Номер события в комнате.",
  "The number of the event that created the message.":
    "Номер события, которое создало сообщение.",
  "The number of the last event that the user has read.":
    "Номер последнего события, которое пользователь прочитал.",
  "The number of the last event that was read.":
    "Номер последнего прочитанного события.",
  "The number of the next page; `null` if there is none.":
    "Номер следующей страницы; `null`, если её нет.",
  "The number of the room's last event.":
    "Номер последнего события комнаты.",
  "The number of the room's last event. The connection receives the events after it.":
    "Номер последнего события комнаты. Соединение получает события после него.",
  "The oldest messages after this number.":
    "Самые старые сообщения после этого номера.",
  "The platform's access token in the header `Authorization`. It is checked during the handshake only.":
    "Токен доступа платформы в заголовке `Authorization`. Он проверяется только при подключении.",
  "The read position is the number of the last event that the user has read. `unread` in `list` depends on it. It never moves back, and never after the room's last event. Those who follow `read_positions` receive it, unless it is `private`.":
    "Позиция чтения — номер последнего события, которое пользователь прочитал. От неё зависит `unread` в `list`. Она никогда не движется назад и не бывает дальше последнего события комнаты. Её получают подписанные на `read_positions`, если она не `private`.",
  "The read position of a user has moved.":
    "Позиция чтения пользователя изменилась.",
  "The read position of a user.":
    "Позиция чтения пользователя.",
  "The requested action; `null` if it could not be read.":
    "Запрошенное действие; `null`, если его не удалось прочитать.",
  "The response to a request, for the requester alone.":
    "Ответ на запрос, только для того, кто его отправил.",
  "The room in which the user is typing.":
    "Комната, в которой печатает пользователь.",
  "The room that was joined.":
    "Комната, к которой соединение присоединилось.",
  "The room that was left.":
    "Комната, которую соединение покинуло.",
  "The room's `pk`.":
    "`pk` комнаты.",
  "The room's id again. A message's `room_id` is this number.":
    "Ещё раз id комнаты. Это же число — `room_id` сообщения.",
  "The room's id.":
    "id комнаты.",
  "The service behind a TLS proxy.":
    "Сервис за TLS-прокси.",
  "The service itself.":
    "Сам сервис.",
  "The text after the last edit.":
    "Текст после последнего изменения.",
  "The text since then; `null` of a deletion, and if it is `missing`.":
    "Текст с этого момента; `null` при удалении и если указано `missing`.",
  "The text that the message had before; `null` if it is `missing`.":
    "Текст, который был у сообщения раньше; `null`, если указано `missing`.",
  "The text. It has no U+0000, and at least one character that is not white space; with `attachments` it can be blank, or left out. Operators set its maximum length.":
    "Текст. В нём нет U+0000 и есть хотя бы один непробельный символ; если есть `attachments`, он может быть пустым, или его можно не указывать. Наибольшую длину задают операторы.",
  "The token in force.":
    "Действующий токен.",
  "The user's own read position; missing for an administrator.":
    "Позиция чтения самого пользователя; для администратора её нет.",
  "The user's own read position; missing in an administrator's list.":
    "Позиция чтения самого пользователя; в списке администратора её нет.",
  "The versions of a message, oldest first.":
    "Версии сообщения, сначала старые.",
  "The words, at least one.":
    "Слова, хотя бы одно.",
  "There is too much text for one response: `get_message_history` has it.":
    "Текста слишком много для одного ответа: он есть в `get_message_history`.",
  "This is always allowed, whatever rights the user has lost.":
    "Это разрешено всегда, каких бы прав пользователь ни лишился.",
  "Those in the room who follow `typing` receive it. Send it again every few seconds while the user goes on: after six seconds it is over, and with the message itself.":
    "Это получают те, кто в комнате и подписан на `typing`. Повторяйте каждые несколько секунд, пока пользователь печатает: через шесть секунд или с самим сообщением это заканчивается.",
  "UTC, to the millisecond.":
    "UTC, с точностью до миллисекунды.",
  "Unique over all rooms, and never used again.":
    "Уникален среди всех комнат и никогда не используется снова.",
  "What an event made of a message.":
    "Что событие сделало с сообщением.",
  "What the connection receives beyond the events of its joined room.":
    "Что соединение получает кроме событий текущей комнаты.",
  "What the room is for, as a word of the platform. Missing if it is `match`.":
    "Для чего комната, словом платформы. Отсутствует, если это `match`.",
  "What took texts away.":
    "Что убрало тексты.",
  "When administrators may write: `always`, or `never`. Missing if it depends on `has_business`.":
    "Когда могут писать администраторы: `always` или `never`. Отсутствует, если это зависит от `has_business`.",
  "When it expires, in seconds since 1970.":
    "Когда он истекает, в секундах с 1970 года.",
  "Whether a participant has the business tariff now.":
    "Есть ли сейчас у кого-то из участников тариф «Бизнес».",
  "Whether it has a connection.":
    "Есть ли у него соединение.",
  "Whether only the user's own connections receive it.":
    "Только ли собственные соединения пользователя это получают.",
  "Whether the messages that are created in the room come without `room`. Then `room_changed` has the room when it changes.":
    "Приходят ли сообщения, созданные в комнате, без `room`. Тогда при изменении комнаты приходит `room_changed`.",
  "Whether the room is closed for writing, for brands and administrators alike. Missing if not.":
    "Закрыта ли комната для записи, для брендов и администраторов одинаково. Отсутствует, если нет.",
  "Whether to receive how far others have read.":
    "Получать ли, докуда прочитали другие.",
  "Whether to receive the newest state of each room in reach, when it changes. For administrators all rooms, or those of a list of at most 100 `pk`.":
    "Получать ли новейшее состояние каждой доступной комнаты при его изменении. Для администраторов — всех комнат или комнат из списка не длиннее 100 `pk`.",
  "Whether to receive which brands are online.":
    "Получать ли, какие бренды в сети.",
  "Whether to receive who is typing in the joined room.":
    "Получать ли, кто печатает в текущей комнате.",
  "Which of the brands are online, for those who follow `presence`.":
    "Какие из брендов в сети, для подписанных на `presence`.",
  "Who is typing.":
    "Кто печатает.",
  "Why a request was refused or failed.":
    "Почему запрос отклонён или не удался.",
  "Why a text is not there.":
    "Почему текста нет.",
  "Why an administrator deletes them. White space at both ends is cut off; then it has at least one character, and no U+0000. Ignored if a brand sends it.":
    "Почему администратор их удаляет. Пробелы по краям отбрасываются; после этого есть хотя бы один символ и нет U+0000. От бренда не учитывается.",
  "Why it was deleted; `null` without a reason.":
    "Почему удалено; `null`, если причина не указана.",
  "Why messages were deleted; `null` without a reason.":
    "Почему сообщения удалены; `null`, если причина не указана.",
  "Without `before_seq` the response has the newest versions. It can have fewer than `limit` if the texts are long.":
    "Без `before_seq` ответ содержит самые новые версии. Их может быть меньше `limit`, если тексты длинные.",
  "`Bearer <access token>`":
    "`Bearer <access token>`",
};

// What actions do and why they are refused, in Russian, by the English text of the document.

export const translations = {
  "A brand of the joined room is online or no longer.":
    "Бренд текущей комнаты появился в сети или вышел из неё.",
  "A change that the client missed, sent after a join with `since_seq`.":
    "Изменение, которое клиент пропустил; приходит после присоединения с `since_seq`.",
  "A numbered page of the messages, the newest first.":
    "Страница сообщений по номеру, сначала новые.",
  "A page of the rooms, after a request with `limit` or `after_pk`.":
    "Страница комнат, после запроса с `limit` или `after_pk`.",
  "A range of the messages, the oldest first.":
    "Часть сообщений, сначала старые.",
  "A room has come into reach.":
    "Комната стала доступна.",
  "A room is out of reach.":
    "Комната больше не доступна.",
  "All who are typing in the joined room now.":
    "Все, кто сейчас печатает в текущей комнате.",
  "Begins or ends to receive more than the events of the joined room.":
    "Включает или выключает получение не только событий текущей комнаты.",
  "Creates a message in the joined room.":
    "Создаёт сообщение в текущей комнате.",
  "Deletes messages of the joined room.":
    "Удаляет сообщения текущей комнаты.",
  "Everyone joined receives this frame, with the `request_id` of its author. For its author it is the response. `request_id` is `null` only for what nobody requested.":
    "Этот фрейм получают все, кто в комнате, с `request_id` автора. Для автора это ответ. `request_id` равен `null` только у того, чего никто не запрашивал.",
  "It is passed on.":
    "Передано дальше.",
  "Joins a room: after the response the connection receives the events of the room.":
    "Присоединяет к комнате: после ответа соединение получает события этой комнаты.",
  "Leaves the joined room.":
    "Покидает текущую комнату.",
  "Nothing was done.":
    "Ничего не сделано.",
  "Replaces the access token of the connection.":
    "Заменяет токен доступа соединения.",
  "Replaces the text of one of the user's own messages in the joined room.":
    "Заменяет текст одного из своих сообщений в текущей комнате.",
  "Returns messages of the joined room that have certain words.":
    "Возвращает сообщения текущей комнаты, в которых есть заданные слова.",
  "Returns messages of the joined room.":
    "Возвращает сообщения текущей комнаты.",
  "Returns the edits and deletions of the joined room, with the texts that they took away.":
    "Возвращает изменения и удаления текущей комнаты вместе с текстами, которые они убрали.",
  "Returns the joined room as it is now.":
    "Возвращает текущую комнату в её нынешнем состоянии.",
  "Returns the rooms in reach, by `pk`.":
    "Возвращает доступные комнаты по `pk`.",
  "Returns the versions of a message of the joined room, deleted or not.":
    "Возвращает версии сообщения текущей комнаты, удалено оно или нет.",
  "Says that the user is typing in the joined room.":
    "Сообщает, что пользователь печатает в текущей комнате.",
  "Some messages were deleted. `errors` names those that were not. In the frame of everyone else `errors` is empty.":
    "Некоторые сообщения удалены. `errors` называет те, которые не удалены. Во фрейме остальных `errors` пуст.",
  "Somebody has read the joined room further; or the user has, on another connection.":
    "Кто-то прочитал текущую комнату дальше; или сам пользователь, на другом соединении.",
  "Stores the user's read position in the joined room.":
    "Сохраняет позицию чтения пользователя в текущей комнате.",
  "The connection has joined the room.":
    "Соединение присоединилось к комнате.",
  "The connection has left the room.":
    "Соединение покинуло комнату.",
  "The connection has lost its room.":
    "Соединение потеряло свою комнату.",
  "The connection has lost its room: the brand was taken out of the room, the room was removed, the user no longer owns the brand, the service now has another database (`restarted`), or events of the room could not be read for too long (`behind`).":
    "Соединение потеряло свою комнату: бренд исключён из неё, комната удалена, у пользователя больше нет бренда, у сервиса теперь другая база данных (`restarted`) или события комнаты слишком долго не удавалось прочитать (`behind`).",
  "The edits and deletions, the newest first.":
    "Изменения и удаления, сначала новые.",
  "The frame was not a request, or its action does not exist at this endpoint. The connection stays open.":
    "Фрейм не был запросом, или такого действия нет у этого эндпоинта. Соединение остаётся открытым.",
  "The message existed already, with the same `client_msg_id`, the same text and the same attachments. This is the message as it is now. Nothing was stored.":
    "Сообщение с тем же `client_msg_id`, тем же текстом и теми же вложениями уже было. Это оно в нынешнем виде. Ничего не сохранено.",
  "The messages that have the words, the newest first.":
    "Сообщения, в которых есть эти слова, сначала новые.",
  "The new token is in force.":
    "Новый токен действует.",
  "The newest state of a room that the connection follows and has not joined, or whose participants have changed. At most one a second for each room.":
    "Новейшее состояние комнаты, на которую соединение подписано и в которой его нет или у которой изменились участники. Не чаще раза в секунду для каждой комнаты.",
  "The read position is stored.":
    "Позиция чтения сохранена.",
  "The room.":
    "Комната.",
  "The rooms.":
    "Комнаты.",
  "The versions of the message, the oldest first.":
    "Версии сообщения, сначала старые.",
  "This connection sends requests faster than the service allows. Nothing was done.":
    "Соединение отправляет запросы быстрее, чем разрешает сервис. Ничего не сделано.",
  "What others do in the joined room, and what the client missed there.":
    "Что делают другие в текущей комнате и что клиент там пропустил.",
  "What the connection follows now, and the limits of the service.":
    "На что соединение теперь подписано, и лимиты сервиса.",
  "JSON, but not an object":
    "JSON, но не объект",
  "U+0000 in the text":
    "U+0000 в тексте",
  "`action` is missing or not a string":
    "`action` отсутствует или не строка",
  "`client_msg_id` is empty, too long, or has other characters":
    "`client_msg_id` пустой, слишком длинный или содержит другие символы",
  "`request_id` is missing, `null`, or neither an integer nor a string that is short enough; the response has `null` in its place":
    "`request_id` отсутствует, равен `null` или не является ни целым числом, ни достаточно короткой строкой; в ответе на его месте `null`",
  "a binary frame":
    "двоичный фрейм",
  "a parameter is missing or has the wrong type; the sentence names it":
    "параметр отсутствует или имеет неверный тип; предложение называет его",
  "a text frame that is not JSON, invalid UTF-8 included":
    "текстовый фрейм, который не является JSON, в том числе с неверным UTF-8",
  "administrators cannot write in this room: its `pen` is `never`":
    "администраторы не могут писать в этой комнате: её `pen` равен `never`",
  "an administrator can write only if a participant has the business tariff, unless the `pen` of the room is `always`":
    "администратор может писать, только если у кого-то из участников тариф «Бизнес» или если `pen` комнаты равен `always`",
  "edit: the message does not exist, is not the user's own, or is in another room; delete: none of the messages was deleted; history of a message: it never was in this room":
    "изменение: сообщения нет, оно чужое или из другой комнаты; удаление: ни одно сообщение не удалено; история сообщения: его никогда не было в этой комнате",
  "the action needs a joined room":
    "для действия нужно присоединиться к комнате",
  "the brand takes no part in this room, or there is no such room":
    "бренд не участвует в этой комнате, или такой комнаты нет",
  "the new token is not a valid access token, or has expired; the old one stays":
    "новый токен не является действующим токеном доступа или истёк; остаётся прежний",
  "the new token is of another user; the old one stays":
    "новый токен принадлежит другому пользователю; остаётся прежний",
  "the room is closed for writing, for brands and administrators alike":
    "комната закрыта для записи, для брендов и администраторов одинаково",
  "the service cannot do it right now":
    "сервис сейчас не может этого сделать",
  "the service failed, and trying again will hardly help":
    "в сервисе произошла ошибка, и повторная попытка вряд ли поможет",
  "the text has more characters than allowed; the sentence names the limit":
    "в тексте больше символов, чем разрешено; предложение называет лимит",
  "the text is only (Unicode) white space; in a search, it has no letter or digit":
    "в тексте только пробельные символы (Unicode); при поиске — нет ни буквы, ни цифры",
  "the user has used this `client_msg_id` in this room for another text, for other attachments, or for a message that was deleted since":
    "пользователь уже использовал этот `client_msg_id` в этой комнате для другого текста, для других вложений или для сообщения, которое с тех пор удалено",
  "fix the client, or ask the platform to sign the file for this user":
    "исправьте клиент или попросите платформу подписать файл для этого пользователя",
  "the service takes no attachments, there are too many, or one of them is not as it should be; the sentence names it":
    "сервис не принимает вложений, их слишком много или одно из них составлено неверно; в тексте сказано, какое",
  "the user is no longer an administrator; the service then closes the connection with 4403":
    "пользователь больше не администратор; затем сервис закрывает соединение с кодом 4403",
  "the user may no longer use the platform; the service then closes the connection with 4401":
    "пользователь больше не может пользоваться платформой; затем сервис закрывает соединение с кодом 4401",
  "the user no longer owns a brand; the service then closes the connection with 4403":
    "у пользователя больше нет бренда; затем сервис закрывает соединение с кодом 4403",
  "there is no such room; only administrators get this":
    "такой комнаты нет; этот ответ получают только администраторы",
  "this connection sends requests faster than the service allows; nothing was done":
    "соединение отправляет запросы быстрее, чем разрешает сервис; ничего не сделано",
  "this endpoint has no such action":
    "у этого эндпоинта нет такого действия",
  "too many messages in one deletion":
    "слишком много сообщений в одном удалении",
  "ask the user for a shorter text":
    "попросите пользователя сократить текст",
  "ask the user for a text":
    "попросите пользователя ввести текст",
  "check the name and the endpoint":
    "проверьте имя и эндпоинт",
  "connect again with a new token; if that gets 401, stop":
    "подключитесь заново с новым токеном; если в ответ придёт 401, остановитесь",
  "fix the client":
    "исправьте клиент",
  "give a new message a new id":
    "дайте новому сообщению новый id",
  "join one":
    "присоединитесь к комнате",
  "nothing":
    "ничего",
  "open another connection for the other user":
    "откройте для другого пользователя другое соединение",
  "reconnect after a short random pause, and join again":
    "подключитесь заново после короткой случайной паузы и снова присоединитесь к комнате",
  "reconnect, after a pause that grows":
    "подключитесь заново, увеличивая паузу с каждой попыткой",
  "refresh the token and renew again":
    "обновите токен и повторите `renew`",
  "remove it":
    "удалите его",
  "request `list` again":
    "запросите `list` заново",
  "send less at once":
    "отправляйте меньше за один раз",
  "send several smaller ones":
    "отправьте несколько списков покороче",
  "send text frames":
    "отправляйте текстовые фреймы",
  "show the room as read-only until `has_business` is true":
    "показывайте комнату только для чтения, пока `has_business` не станет true",
  "show the room as read-only until it has no `frozen` any more":
    "показывайте комнату только для чтения, пока у неё есть `frozen`",
  "show the room as read-only until its `pen` is another one":
    "показывайте комнату только для чтения, пока её `pen` не изменится",
  "stop":
    "остановитесь",
  "stop; do not reconnect":
    "остановитесь и не подключайтесь заново",
  "tell the user and the operators":
    "сообщите пользователю и администраторам сервиса",
  "treat it as deleted, or as not yours":
    "считайте сообщение удалённым или чужим",
  "try again, after a pause that grows":
    "попробуйте ещё раз, увеличивая паузу с каждой попыткой",
  "wait `retry_after_ms` milliseconds, then send it again":
    "подождите `retry_after_ms` миллисекунд и отправьте запрос ещё раз",
  "a normal end, such as the response to the client's own close":
    "обычное завершение, например ответ на закрытие самим клиентом",
  "the client reads too slowly, or there are too many connections":
    "клиент читает слишком медленно, или соединений слишком много",
  "the client sent a close frame whose reason is not UTF-8":
    "клиент отправил фрейм закрытия, причина в котором не UTF-8",
  "the client sent a frame over the limit":
    "клиент отправил фрейм больше лимита",
  "the client sent bytes that are not a WebSocket frame, or a close frame with a code that must not be sent":
    "клиент отправил байты, которые не являются фреймом WebSocket, или фрейм закрытия с кодом, который нельзя отправлять",
  "the service shuts down, after it has responded to the requests in progress; or nothing came from the client for too long":
    "сервис завершает работу, ответив на начатые запросы; или от клиента слишком долго ничего не было",
  "the user lost the right to the endpoint":
    "пользователь лишился права на эндпоинт",
  "the user was deactivated; or the access token has ended, where operators close connections then":
    "пользователь отключён; или истёк токен доступа, если сервис закрывает такие соединения",
};

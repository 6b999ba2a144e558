use aftermatch_ports::{
    ChatError, Written,
    model::{MessageId, Refusal, Session, Tag, Text, What},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn edit_message(
        &self,
        session: &Session,
        id: MessageId,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError> {
        let mut judging = self.judge(session)?;
        let text = Text::new(text, self.max_text_chars)?;
        loop {
            let permit = judging.permit().await?;
            let written = self
                .messages
                .edit(permit.guard, id, text.clone(), permit.now);
            let Written::Done(edited) = written.await? else {
                continue;
            };
            let seq = edited.ok_or(Refusal::MessageNotFound)?;
            let what = What::Edited { id, text };
            self.tell(session, permit, tag, seq, what).await;
            return Ok(());
        }
    }
}

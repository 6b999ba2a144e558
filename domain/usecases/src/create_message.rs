use aftermatch_ports::{
    ChatError, Written,
    model::{Session, Tag, Text, What},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn create_message(
        &self,
        session: &Session,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError> {
        let mut judging = self.judge(session)?;
        let text = Text::new(text, self.max_text_chars)?;
        loop {
            let permit = judging.permit().await?;
            let at = permit.now;
            let written = self.messages.create(permit.guard, text.clone(), at).await?;
            let Written::Done(created) = written else {
                continue;
            };
            let what = What::Created {
                id: created.id,
                text,
                author: permit.author.clone(),
                at,
            };
            self.tell(session, permit, tag, created.seq, what).await;
            return Ok(());
        }
    }
}

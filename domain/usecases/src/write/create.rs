#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use aftermatch_ports::{
    ChatError, Commit, CreateAnswer, CreateOutcome, Created, Draft, Outcome, Submission,
    model::{
        AttachmentFault, Attachments, Author, EventKind, Message, Refusal, Session,
        SignedAttachment, Text, UserId,
    },
};

use super::{
    attempt::{WriteAttempt, WritePermit},
    publish::publish,
};
use crate::Ports;

/// What is left of the messages that were submitted together. One that is refused waits for
/// its turn to be answered.
type Left = VecDeque<Result<Draft, Refusal>>;

type Answer<'a> = &'a mut (dyn FnMut(CreateAnswer) + Send);

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    submitted: Vec<Submission>,
    answer: Answer<'_>,
) {
    let drafts = submitted.into_iter();
    let drafts = drafts.map(|submission| draft(ports, session.user, submission));
    let mut left: Left = drafts.collect();
    let mut attempt = match WriteAttempt::begin(ports, session) {
        Ok(attempt) => attempt,
        Err(refusal) => {
            return left
                .iter()
                .for_each(|_| answer(Err(refusal.clone().into())));
        }
    };
    if let Err(error) = create(ports, session, &mut attempt, &mut left, answer).await {
        for draft in left {
            answer(Err(draft.map_or_else(Into::into, |_| error.clone())));
        }
    }
}

/// Creates what is left, all of it under one precondition, until nothing is. An error concerns
/// all that is left.
async fn create(
    ports: &Ports,
    session: &Session,
    attempt: &mut WriteAttempt<'_>,
    left: &mut Left,
    answer: Answer<'_>,
) -> Result<(), ChatError> {
    loop {
        answer_refused(left, answer);
        let drafts: Vec<_> = left.iter().flatten().cloned().collect();
        if drafts.is_empty() {
            return Ok(());
        }
        let permit = attempt.permit().await?;
        for outcome in ports.messages.create(permit.precondition, drafts).await {
            answer_refused(left, answer);
            let committed = match outcome {
                Ok(Outcome::Conflict) => break,
                Ok(Outcome::Committed(committed)) => Ok(committed),
                Err(error) => Err(error),
            };
            let Some(Ok(draft)) = left.pop_front() else {
                break;
            };
            answer(match committed {
                Ok(outcome) => created(ports, session, &permit, draft, outcome).await,
                Err(error) => Err(error.into()),
            });
        }
    }
}

fn answer_refused(left: &mut Left, answer: Answer<'_>) {
    while let Some(Err(refusal)) = left.pop_front_if(|first| first.is_err()) {
        answer(Err(refusal.into()));
    }
}

/// The answer to a draft that has this outcome.
async fn created(
    ports: &Ports,
    session: &Session,
    permit: &WritePermit,
    draft: Draft,
    outcome: CreateOutcome,
) -> CreateAnswer {
    let request_id = draft.request_id.clone();
    match outcome {
        CreateOutcome::IdConflict => Err(Refusal::ClientMsgIdTaken.into()),
        CreateOutcome::Duplicate(message) => {
            let commit = Commit {
                seq: message.seq,
                at: permit.now,
                epoch: permit.room.epoch,
            };
            let kind = EventKind::Created(*message);
            Ok(Some(permit.event(session, request_id, commit, kind)))
        }
        CreateOutcome::Created(created) => {
            let kind = EventKind::Created(message(draft, created, permit));
            let event = permit.event(session, request_id, created.commit, kind);
            publish(ports, event, permit.author.revision).await;
            Ok(None)
        }
    }
}

fn draft(ports: &Ports, user: UserId, given: Submission) -> Result<Draft, Refusal> {
    let attachments = signed(ports, user, given.attachments)?;
    let text = match attachments {
        Some(_) => Text::or_blank(&given.text, ports.max_text_chars)?,
        None => Text::new(&given.text, ports.max_text_chars)?,
    };
    Ok(Draft {
        text,
        attachments,
        client_msg_id: given.client_msg_id,
        request_id: given.request_id,
    })
}

/// The attachments, if the platform has signed each of them for this user.
fn signed(
    ports: &Ports,
    user: UserId,
    list: Vec<SignedAttachment>,
) -> Result<Option<Attachments>, Refusal> {
    if list.is_empty() {
        return Ok(None);
    }
    let signatures = ports.signatures.as_ref();
    let signatures = signatures.ok_or(Refusal::AttachmentsUnknown)?;
    let (list, given): (Vec<_>, Vec<_>) = list
        .into_iter()
        .map(|each| (each.attachment, each.signature))
        .unzip();
    // First, so that there are not too many to verify.
    let attachments = Attachments::new(&list)?;
    let mut both = list.iter().zip(given);
    let invalid = both.position(|(each, given)| !signatures.is_valid(user, each.id(), &given));
    match invalid {
        Some(index) => Err(Refusal::AttachmentInvalid {
            index,
            fault: AttachmentFault::SignatureInvalid,
        }),
        None => Ok(attachments),
    }
}

/// The message that the draft has become.
fn message(draft: Draft, created: Created, permit: &WritePermit) -> Message {
    let author = &permit.author;
    Message {
        id: created.id,
        room: permit.precondition.room,
        author: Author {
            id: author.id,
            profile: author.profile.clone(),
        },
        text: draft.text,
        attachments: draft.attachments,
        created_at: created.commit.at,
        edited_at: None,
        client_msg_id: draft.client_msg_id,
        seq: created.commit.seq,
        changed_seq: created.commit.seq,
    }
}

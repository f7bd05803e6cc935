//! Bodies of answers, also of those that come slowly or end too early.
//! Refuses to know what is in them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// A body, whole or in pieces.
pub(super) struct Text {
    left: Bytes,
    /// Between two pieces, each a byte long; none for a body in one piece.
    pace: Option<Duration>,
    /// Whether it ends in an error instead of an end.
    breaks: bool,
    pause: Option<Pin<Box<Sleep>>>,
}

/// The connection is closed in the middle of a chunked body.
#[derive(Debug, thiserror::Error)]
#[error("the body breaks off")]
pub(super) struct BreaksOff;

impl Text {
    pub(super) fn whole(text: Vec<u8>) -> Text {
        Text { left: text.into(), pace: None, breaks: false, pause: None }
    }

    /// Byte by byte.
    pub(super) fn slow(text: Vec<u8>, pace: Duration) -> Text {
        Text { pace: Some(pace), ..Text::whole(text) }
    }

    /// The first half, and no end.
    pub(super) fn half(mut text: Vec<u8>) -> Text {
        text.truncate(text.len() / 2);
        Text { breaks: true, ..Text::whole(text) }
    }
}

impl Body for Text {
    type Data = Bytes;
    type Error = BreaksOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BreaksOff>>> {
        let this = &mut *self;
        if let Some(pause) = &mut this.pause {
            ready!(pause.as_mut().poll(cx));
            this.pause = None;
        }
        if this.left.is_empty() {
            return Poll::Ready(this.breaks.then_some(Err(BreaksOff)));
        }
        let piece = match this.pace {
            Some(pace) => {
                this.pause = Some(Box::pin(tokio::time::sleep(pace)));
                this.left.split_to(1)
            }
            None => std::mem::take(&mut this.left),
        };
        if this.breaks {
            // Sent before the connection is closed, so that a client has a beginning.
            this.pause = Some(Box::pin(tokio::time::sleep(Duration::from_millis(20))));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        if self.breaks { SizeHint::default() } else { SizeHint::with_exact(self.left.len() as u64) }
    }
}

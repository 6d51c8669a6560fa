//! Connections that can be broken on purpose, so that the client sees a real broken connection and not a polite error.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const WHOLE: u8 = 0;
const RESET: u8 = 1;
const CUT: u8 = 2;
const OVER: u8 = 3;
const LONGER: u8 = 4;
const SHORTER: u8 = 5;

/// How an answer's `Content-Length` is wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// More than the body.
    Over,
    /// Half of the body.
    Under,
}

/// A handle on the connection that a request came by.
#[derive(Clone, Debug)]
pub(super) struct Link(Arc<AtomicU8>);

impl Link {
    /// The next byte of the answer resets the connection: no answer at all.
    pub(super) fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }

    /// The next answer ends in the middle of its body.
    pub(super) fn cut(&self) {
        self.0.store(CUT, Ordering::Release);
    }

    /// The next answer that tells its length tells a wrong one.
    pub(super) fn misstate(&self, length: Length) {
        let fate = match length {
            Length::Over => LONGER,
            Length::Under => SHORTER,
        };
        self.0.store(fate, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Door>> for Link {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(Arc::clone(&stream.io().fate))
    }
}

/// A TCP listener whose connections carry a [`Link`].
#[derive(Debug)]
pub(super) struct Door(pub(super) TcpListener);

impl Listener for Door {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        let (inner, address) = Listener::accept(&mut self.0).await;
        // Without this, small answers wait for the client's delayed acknowledgement.
        let _ = inner.set_nodelay(true);
        (Stream { inner, fate: Arc::new(AtomicU8::new(WHOLE)), restated: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A TCP stream that may break when it is written to.
#[derive(Debug)]
pub(super) struct Stream {
    inner: TcpStream,
    fate: Arc<AtomicU8>,
    restated: Option<Restated>,
}

/// Bytes that are written instead of others.
#[derive(Debug)]
struct Restated {
    bytes: Vec<u8>,
    written: usize,
    /// How many bytes they stand for.
    instead_of: usize,
}

/// The same answer with another length in its head; `None` = there is no head, or no length in it.
fn restated(answer: &[u8], tell: impl Fn(usize) -> usize) -> Option<Restated> {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let head = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let at = answer[..head].windows(NAME.len()).position(|w| w.eq_ignore_ascii_case(NAME))? + NAME.len();
    let end = at + answer[at..].iter().position(|b| *b == b'\r')?;
    let length: usize = std::str::from_utf8(&answer[at..end]).ok()?.parse().ok()?;
    let bytes = [&answer[..at], tell(length).to_string().as_bytes(), &answer[end..]].concat();
    Some(Restated { bytes, written: 0, instead_of: answer.len() })
}

impl Stream {
    /// Writes what stands for the bytes at hand, to its end.
    fn poll_restated(&mut self, cx: &mut Context<'_>, mut restated: Restated) -> Poll<io::Result<usize>> {
        while restated.written < restated.bytes.len() {
            match Pin::new(&mut self.inner).poll_write(cx, &restated.bytes[restated.written..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(more)) => restated.written += more,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.restated = Some(restated);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(restated.instead_of))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(restated) = self.restated.take() {
            return self.poll_restated(cx, restated);
        }
        match self.fate.load(Ordering::Acquire) {
            fate @ (LONGER | SHORTER) => {
                let tell = |length: usize| if fate == LONGER { length + 64 } else { length / 2 };
                match restated(buf, tell) {
                    Some(restated) => {
                        self.fate.store(WHOLE, Ordering::Release);
                        self.poll_restated(cx, restated)
                    }
                    None => Pin::new(&mut self.inner).poll_write(cx, buf),
                }
            }
            WHOLE => Pin::new(&mut self.inner).poll_write(cx, buf),
            CUT => {
                let head = buf.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
                let part = head + (buf.len() - head) / 2;
                let written = Pin::new(&mut self.inner).poll_write(cx, &buf[..part.max(1)]);
                if matches!(written, Poll::Ready(Ok(_))) {
                    self.fate.store(OVER, Ordering::Release);
                }
                written
            }
            RESET => {
                // Closing with a zero linger sends RST instead of FIN.
                let _ = self.inner.set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            _ => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

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
        (Stream { inner, fate: Arc::new(AtomicU8::new(WHOLE)) }, address)
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
        match self.fate.load(Ordering::Acquire) {
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

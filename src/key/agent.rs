//! Signing with `ssh-agent` (draft-ietf-sshm-ssh-agent). There are two requests: one lists the agent's keys, and one
//! signs. The time that an answer may take, and its size, are limited.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::clock::Deadline;
use crate::sshsig::{Wire, WireWriter};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// The largest accepted answer, in bytes.
const LARGEST_ANSWER: u32 = 1024 * 1024;
/// How long an agent may take to list its keys.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an agent may take to sign. A person may have to touch a hardware key first.
const SIGN_TIMEOUT: Duration = Duration::from_mins(1);

/// Why a request to the agent failed.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The agent could not be reached, or did not answer in time.
    #[error("the ssh-agent does not answer")]
    Connection(#[from] std::io::Error),
    /// The agent refused, or its answer was malformed or too large.
    #[error("the ssh-agent refused, or gave a malformed answer")]
    Refused,
}

/// Returns the blobs of the public keys, and of the certificates, that the agent lists.
pub(super) fn identities(socket: &Path) -> Result<Vec<Vec<u8>>, AgentError> {
    let answer = ask(socket, &[REQUEST_IDENTITIES], LIST_TIMEOUT)?;
    let mut wire = Wire::new(&answer);
    if wire.byte() != Some(IDENTITIES_ANSWER) {
        return Err(AgentError::Refused);
    }
    let count = wire.uint32().ok_or(AgentError::Refused)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let (key, _) = wire.string().zip(wire.string()).ok_or(AgentError::Refused)?;
        keys.push(key.to_vec());
    }
    Ok(keys)
}

/// Asks the agent to sign a message. `key` is the blob of the public key, or of a certificate for it. Returns the inner
/// signature: the algorithm's name, the signature's bytes, and the flags and the counter if a hardware key signed.
pub(super) fn sign(socket: &Path, key: &[u8], message: &[u8]) -> Result<Vec<u8>, AgentError> {
    let request = WireWriter::default().raw(&[SIGN_REQUEST]).string(key).string(message).uint32(0).finish();
    let answer = ask(socket, &request, SIGN_TIMEOUT)?;
    let mut wire = Wire::new(&answer);
    if wire.byte() != Some(SIGN_RESPONSE) {
        return Err(AgentError::Refused);
    }
    let signature = wire.string().ok_or(AgentError::Refused)?;
    if wire.is_at_end() { Ok(signature.to_vec()) } else { Err(AgentError::Refused) }
}

fn ask(socket: &Path, request: &[u8], timeout: Duration) -> Result<Vec<u8>, AgentError> {
    let mut stream = UnixStream::connect(socket)?;
    let deadline = Deadline::after(timeout);
    stream.set_write_timeout(Some(timeout))?;
    stream.write_all(&WireWriter::default().string(request).finish())?;
    let mut length = [0; 4];
    read_until(&mut stream, &mut length, deadline)?;
    let length = u32::from_be_bytes(length);
    if length > LARGEST_ANSWER {
        return Err(AgentError::Refused);
    }
    let mut answer = vec![0; usize::try_from(length).map_err(|_| AgentError::Refused)?];
    read_until(&mut stream, &mut answer, deadline)?;
    Ok(answer)
}

/// Fills a buffer. The deadline is for the whole answer, however many reads it takes.
fn read_until(stream: &mut UnixStream, mut buffer: &mut [u8], deadline: Deadline) -> std::io::Result<()> {
    while !buffer.is_empty() {
        let left = deadline.left();
        if left.is_zero() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(buffer) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// Sends a request to an agent that handles its first connection with `agent`. The request times out after 300 ms.
    fn asked(agent: impl FnOnce(UnixStream) + Send + 'static) -> Result<Vec<u8>, AgentError> {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || agent(listener.accept().unwrap().0));
        let generous = Deadline::after(Duration::from_secs(5));
        let answer = ask(&socket, &[REQUEST_IDENTITIES], Duration::from_millis(300));
        assert!(!generous.is_over());
        answer
    }

    #[test]
    fn an_agent_that_answers_is_heard_however_many_pieces_it_speaks_in() {
        let answer = asked(|mut stream| {
            for byte in [0, 0, 0, 2, IDENTITIES_ANSWER, 7] {
                stream.write_all(&[byte]).unwrap();
                thread::sleep(Duration::from_millis(5));
            }
        });
        assert_eq!(answer.unwrap(), [IDENTITIES_ANSWER, 7]);
    }

    #[test]
    fn an_agent_that_hangs_trickles_ends_early_or_says_too_much_is_given_up() {
        assert!(matches!(
            asked(|_stream| thread::sleep(Duration::from_secs(2))),
            Err(AgentError::Connection(_))
        ));
        let trickle = |mut stream: UnixStream| {
            stream.write_all(&[0, 0, 255, 255]).unwrap();
            while stream.write_all(&[0]).is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        };
        assert!(matches!(asked(trickle), Err(AgentError::Connection(_))));
        assert!(matches!(asked(drop), Err(AgentError::Connection(_))));
        let endless = |mut stream: UnixStream| {
            stream.write_all(&[255; 4]).unwrap();
            _ = stream.write_all(&[0; 64]);
        };
        assert!(matches!(asked(endless), Err(AgentError::Refused)));
    }
}

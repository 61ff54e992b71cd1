//! Rows H1 and R1 against a message centre that is broken or means harm: the text ends with its proper outcome, and the
//! next one is carried.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign_service::self_service::phone_number::E164;
use countersign_service::self_service::text::{Handed, Text, TextError, Texter as _};
use countersign_service::texts::reports::{MOST_WAITING, Reported};
use countersign_service::texts::smpp::SmppLink;
use countersign_service::texts::smpp::settings::Smpp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a request is called (SMPP 3.4 §5.1.2.1); its answer has the highest bit as well.
const BIND: u32 = 9;
const SUBMIT: u32 = 4;
const DELIVER: u32 = 5;
const UNBIND: u32 = 6;
const ENQUIRE: u32 = 0x15;
const ANSWER: u32 = 0x8000_0000;

/// A message with its header (§3.2).
fn pdu(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let header = [length, command, 0, sequence].map(u32::to_be_bytes);
    [header.concat(), body.to_vec()].concat()
}

/// A message centre, spoken by hand.
struct Centre {
    listener: TcpListener,
    folder: tempfile::TempDir,
}

/// One link to it.
struct Linked(TcpStream);

impl Centre {
    async fn start() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn link(&self) -> (Arc<SmppLink>, Reported) {
        let address: SocketAddr = self.listener.local_addr().unwrap();
        let password = self.folder.path().join("password");
        std::fs::write(&password, "secret\n").unwrap();
        let text = format!(
            "centre = \"smpp://{address}\"\nname = \"mfa\"\npassword_file = {:?}\nfrom = \"HOSPITAL\"\n",
            password.display().to_string()
        );
        let settings: Smpp = toml::from_str(&text).unwrap();
        SmppLink::open(settings.open().unwrap())
    }

    /// Takes the next link.
    async fn bound(&self) -> Linked {
        let accepted = tokio::time::timeout(Duration::from_mins(1), self.listener.accept());
        let (stream, _) = accepted.await.expect("a link").unwrap();
        let mut linked = Linked(stream);
        let (command, sequence) = linked.next().await;
        assert_eq!(command, BIND);
        linked.say(&pdu(BIND | ANSWER, sequence, b"centre\0")).await;
        linked
    }
}

impl Linked {
    /// The next message: what it is, and its number.
    async fn next(&mut self) -> (u32, u32) {
        let mut header = [0; 16];
        self.0.read_exact(&mut header).await.unwrap();
        let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; usize::try_from(word(0)).unwrap() - 16];
        self.0.read_exact(&mut body).await.unwrap();
        (word(4), word(12))
    }

    /// The number of the next text.
    async fn text(&mut self) -> u32 {
        loop {
            if let (SUBMIT, sequence) = self.next().await {
                return sequence;
            }
        }
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn takes_a_text(&mut self) {
        let sequence = self.text().await;
        self.say(&pdu(SUBMIT | ANSWER, sequence, b"m1\0")).await;
    }
}

async fn send(link: &SmppLink) -> Result<Handed, TextError> {
    let to = E164::from_stored("+447400123471".into());
    let text = Text {
        id: "abc",
        to: &to,
        words: "123456",
    };
    link.send(&text).await
}

/// The next text is handed over, on a link that is there again by itself.
async fn works(link: &SmppLink, linked: &mut Linked) {
    let (sent, ()) = tokio::join!(send(link), linked.takes_a_text());
    assert_eq!(sent.unwrap().name.as_deref(), Some("m1"));
}

#[tokio::test]
async fn r1_h1_a_message_that_cannot_be_ends_its_link_and_the_next_one_carries() {
    let centre = Centre::start().await;
    let (link, _reported) = centre.link();
    let whole = pdu(DELIVER, 7, &[0; 40]);
    for harm in [
        // Longer than any, shorter than its own header, and longer than it says
        [u32::MAX.to_be_bytes().to_vec(), vec![0; 100_000]].concat(),
        pdu(DELIVER, 7, &vec![b'A'; 1024 * 1024]),
        [0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7].to_vec(),
        whole[..20].to_vec(),
        b"GET / HTTP/1.1\r\nHost: centre\r\n\r\n".to_vec(),
    ] {
        let mut linked = centre.bound().await;
        let (sent, ()) = tokio::join!(send(&link), async {
            linked.text().await;
            // It may break the link before it has read all
            let _broken = linked.0.write_all(&harm).await;
            let _broken = linked.0.shutdown().await;
            drop(linked);
        });
        // It was handed over, and nobody knows what became of it
        assert!(
            matches!(sent, Err(TextError::Unknown(_) | TextError::Refused(_))),
            "{sent:?}"
        );
    }
    works(&link, &mut centre.bound().await).await;
}

#[tokio::test]
async fn r1_h1_an_answer_to_another_message_is_none_and_the_link_goes_on() {
    let centre = Centre::start().await;
    let (link, _reported) = centre.link();
    let mut linked = centre.bound().await;
    let (sent, ()) = tokio::join!(send(&link), async {
        let sequence = linked.text().await;
        for other in [0, sequence + 2, u32::MAX] {
            linked.say(&pdu(SUBMIT | ANSWER, other, b"m9\0")).await;
        }
    });
    assert!(matches!(sent, Err(TextError::Unknown(_))), "{sent:?}");
    works(&link, &mut linked).await;
}

#[tokio::test]
async fn r1_h1_a_centre_that_asks_and_reports_without_end_still_carries() {
    let centre = Centre::start().await;
    let (link, mut reported) = centre.link();
    let mut linked = centre.bound().await;
    for sequence in 1..=5_000 {
        linked.say(&pdu(ENQUIRE, sequence, b"")).await;
        let (command, answered) = linked.next().await;
        assert_eq!((command, answered), (ENQUIRE | ANSWER, sequence));
    }
    // Messages that are no receipts, and one that nobody asked for
    let nothing = [&[0; 7][..], &[4], &[0; 8], b"\x10id:m1 stat:ABCDE"].concat();
    for sequence in 1..=100 {
        linked.say(&pdu(DELIVER, sequence, &nothing)).await;
        assert_eq!(linked.next().await, (DELIVER | ANSWER, sequence));
    }
    works(&link, &mut linked).await;
    assert!(reported.try_recv().is_err());
}

#[tokio::test]
async fn r1_h4_receipts_of_nobodys_texts_without_end_fill_no_memory() {
    let centre = Centre::start().await;
    let (link, mut reported) = centre.link();
    let mut linked = centre.bound().await;
    let receipt = [&[0; 7][..], &[4], &[0; 8], b"\x12id:m7 stat:DELIVRD"].concat();
    for sequence in 1..=3_000 {
        linked.say(&pdu(DELIVER, sequence, &receipt)).await;
        assert_eq!(linked.next().await, (DELIVER | ANSWER, sequence));
    }
    works(&link, &mut linked).await;
    let mut waiting = 0;
    while reported.try_recv().is_ok() {
        waiting += 1;
    }
    assert_eq!(waiting, MOST_WAITING);
    // Once some were noted, there is room for others
    linked.say(&pdu(DELIVER, 1, &receipt)).await;
    linked.next().await;
    assert!(reported.recv().await.is_some());
}

#[tokio::test]
async fn h1_a_centre_that_says_goodbye_is_answered_and_asked_again() {
    let centre = Centre::start().await;
    let (link, _reported) = centre.link();
    for sequence in 1..=2 {
        let mut linked = centre.bound().await;
        works(&link, &mut linked).await;
        linked.say(&pdu(UNBIND, sequence, b"")).await;
        assert_eq!(linked.next().await, (UNBIND | ANSWER, sequence));
    }
    works(&link, &mut centre.bound().await).await;
}

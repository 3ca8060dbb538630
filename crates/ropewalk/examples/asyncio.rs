//! An echo server and a hundred clients, all on one thread.
//! Run it with `cargo run --release --example asyncio -p ropewalk`.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use ropewalk::asyncio::{TcpListener, TcpStream, create_task, gather, run};
use std::io;
use std::time::Instant;

const CLIENTS: usize = 100;
const MESSAGES: usize = 200;

async fn answer(stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}

fn main() -> io::Result<()> {
    let begin = Instant::now();
    let echoed: usize = run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        create_task(async move {
            while let Ok((stream, _)) = listener.accept().await {
                create_task(answer(stream));
            }
        });
        let clients = (0..CLIENTS).map(|_| async move {
            let stream = TcpStream::connect(address).await?;
            let (message, mut back) = ([7; 1024], [0; 1024]);
            for _ in 0..MESSAGES {
                stream.write_all(&message).await?;
                stream.read_exact(&mut back).await?;
                assert_eq!(message, back);
            }
            Ok::<usize, io::Error>(MESSAGES)
        });
        gather(clients).await.into_iter().sum::<io::Result<usize>>()
    })?;
    assert_eq!(echoed, CLIENTS * MESSAGES);
    println!("{echoed} messages there and back in {:?}", begin.elapsed());
    Ok(())
}

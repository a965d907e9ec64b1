//! An actor whose messages are parts of their senders' traces, and one that takes them in batches.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use beacon::task::channel::{self, Receiver};
use beacon::task::{self, CarriesContext as _, ContextExt as _, batch_span};
use tracing::{Instrument as _, info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = beacon::init_telemetry()?;
    let (mails, mailbox) = channel::mpsc(16);
    let (rows, table) = channel::mpsc(16);
    // They live as long as the service, so they are spawned where no span is current.
    let actors = [task::spawn(send_mails(mailbox)), task::spawn(store_rows(table))];

    for id in 0..3 {
        async {
            mails.send(format!("user{id}@example.org")).await?;
            rows.send(id).await?;
            Ok::<_, Box<dyn Error>>(())
        }
        .instrument(info_span!("sign up", id))
        .await?;
    }

    drop((mails, rows));
    for actor in actors {
        actor.await?;
    }
    match telemetry.shutdown().await {
        Ok(report) => println!("all delivered; {report}"),
        Err(error) => println!("{error}; {}", error.report()),
    }
    Ok(())
}

/// Each mail is a part of the sign-up that it belongs to.
async fn send_mails(mut mailbox: Receiver<String>) {
    while let Some(mail) = mailbox.recv().await {
        let span = mail.child_span(|| info_span!("send mail"));
        let address = mail.into_inner();
        async move { info!(domain = address.split('@').next_back(), "sent") }.in_span(span).await;
    }
}

/// Rows of several sign-ups are stored at once, in a trace that has links to all of them.
async fn store_rows(mut table: Receiver<u32>) {
    let mut batch = Vec::new();
    while table.recv_many(&mut batch, 10).await > 0 {
        let span = batch_span(&batch, || info_span!("store rows", count = batch.len()));
        let stored = async { task::spawn_blocking(|| info!("stored")).await }.in_span(span).await;
        if stored.is_err() {
            info!("the table is gone");
        }
        batch.clear();
    }
}

//! The service and its client at work.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::signal;
use tokio::sync::Semaphore;
use tokio::time::{interval, sleep};

use crate::demo::DemoArgs;
use crate::demo::bank::{BankClient, bank};
use crate::demo::client::ShopClient;
use crate::demo::fault::{Faults, control, work};
use crate::demo::progress::Progress;
use crate::demo::routes;
use crate::demo::service::Service;
use crate::demo::show::Show;
use crate::demo::task;

/// What the client has seen so far.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub(super) requests: AtomicU64,
    /// Answered with 5xx.
    pub(super) server_errors: AtomicU64,
    /// Not answered.
    pub(super) unanswered: AtomicU64,
}

impl Load {
    fn count(&self, status: Option<StatusCode>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        match status {
            None => self.unanswered.fetch_add(1, Ordering::Relaxed),
            Some(status) if status.is_server_error() => {
                self.server_errors.fetch_add(1, Ordering::Relaxed)
            }
            Some(_) => 0,
        };
    }
}

/// Runs the service and drives it until the time is over, the show has ended,
/// or Ctrl-C. When this returns, all spans
/// have ended.
///
/// # Errors
///
/// When the service does not start or does not end.
pub(super) async fn run(
    args: &DemoArgs,
    progress: Progress,
    mut show: Option<&mut Show<'_>>,
) -> io::Result<Arc<Load>> {
    let faults = Faults::new(&args.faults());
    let bank = Service::start(bank(faults.clone())).await?;
    let routes = routes::shop(BankClient::new(bank.address()), faults.clone());
    let service = Service::start(routes).await?;
    let control = match args.control {
        Some(port) => Some(Service::start_at(control(faults.clone()), port).await?),
        None => None,
    };
    let client = ShopClient::new(service.address(), faults.clone());
    let troubles = task::named("demo-faults").spawn(work(faults.clone()));
    let load = Arc::new(Load::default());
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    tokio::select! {
        () = drive(&client, &load, &in_flight, args.request_interval()) => {}
        () = progress.show(&load, args.duration()) => {}
        () = sleep(args.duration()) => {}
        () = follow(&mut show, &faults) => {}
        // A system without Ctrl-C lets the demo run to its end.
        Ok(()) = signal::ctrl_c() => {}
    }
    progress.clear();
    troubles.abort();
    faults.end_all();
    // All places are free: each request is answered, or has met its timeout.
    let places = u32::try_from(IN_FLIGHT_MAX).unwrap_or(u32::MAX);
    let all = in_flight.acquire_many(places).await.map_err(io::Error::other)?;
    drop(all);
    service.stop().await?;
    bank.stop().await?;
    if let Some(control) = control {
        control.stop().await?;
    }
    Ok(load)
}

/// Returns when the show is over; never without one.
async fn follow(show: &mut Option<&mut Show<'_>>, faults: &Faults) {
    match show {
        Some(show) => show.run(faults).await,
        None => pending().await,
    }
}

/// Makes a request each interval, as long as the service keeps up. Never ends.
async fn drive(
    client: &ShopClient,
    load: &Arc<Load>,
    in_flight: &Arc<Semaphore>,
    request_interval: Duration,
) {
    // Ticks that come late are made up for at once, so that the rate holds on average.
    let mut ticks = interval(request_interval);
    for number in 0_u64.. {
        ticks.tick().await;
        // Nobody closes the semaphore.
        let Ok(place) = Arc::clone(in_flight).acquire_owned().await else { return };
        let (client, load) = (client.clone(), Arc::clone(load));
        task::spawn(async move {
            load.count(client.request(number).await);
            drop(place);
        });
    }
}

/// More requests at once would only wait for each other.
const IN_FLIGHT_MAX: usize = 64;

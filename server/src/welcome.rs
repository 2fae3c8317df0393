//! What a person reads when the server has started: where to go, with which account.

use crate::{create_admin, serve::Server, store::demo};
use anyhow::Context;
use qrcode::{QrCode, render::unicode};

/// Fills the demo when asked, and prints the addresses.
pub async fn greet(server: &Server, with_demo: bool) -> anyhow::Result<()> {
    let state = &server.state;
    let address = server.address()?;
    let mut accounts = Vec::new();
    if with_demo {
        state.config.check_demo()?;
        demo::seed_demo(&state.store, state.now()).await.context("cannot make the demo data")?;
        let loopback = address.ip().is_loopback();
        accounts = create_admin::seed_demo_accounts(&state.auth, loopback)
            .await
            .context("cannot make the demo accounts")?;
    }
    let here = match &state.config.server.public_url {
        Some(public) => public.origin().to_owned(),
        None => format!("http://localhost:{}", address.port()),
    };
    println!("\n  Cadence is running.\n");
    println!("  Guitar, on this PC    {here}/guitar");
    println!("  Gym                   {here}/gym");
    match state.lan_urls.first() {
        Some(phone) => {
            println!("  Guitar, on the phone  {phone}/play");
            if let Ok(code) = QrCode::new(format!("{phone}/play")) {
                println!("\n{}", code.render::<unicode::Dense1x2>().quiet_zone(true).build());
            }
        }
        None => println!(
            "  Phones cannot reach this server: it listens on this machine only.\n  \
             For your network: LEPTOS_SITE_ADDR=0.0.0.0:{} cargo xtask run",
            address.port()
        ),
    }
    if !accounts.is_empty() {
        println!("\n  Demo accounts");
        for account in accounts {
            println!("  {:<12} {:<24} {}", account.role.label(), account.email, account.password);
        }
    }
    println!();
    Ok(())
}

//! What a person reads when the server has started: where to go, with which account.

use crate::{accounts::demo as demo_accounts, serve::Server};
use anyhow::Context;
use cadence_store::demo;
use qrcode::{QrCode, render::unicode};
use std::{fmt::Write as _, io::Write as _};

/// Fills the demo when asked, and prints the addresses.
pub async fn greet(server: &Server, with_demo: bool) -> anyhow::Result<()> {
    let state = &server.state;
    let address = server.address()?;
    let mut accounts = Vec::new();
    if with_demo {
        state.config.check_demo()?;
        demo::seed_demo(&state.store, state.now()).await.context("cannot make the demo data")?;
        let loopback = address.ip().is_loopback();
        accounts = demo_accounts::seed_demo_accounts(&state.auth, loopback)
            .await
            .context("cannot make the demo accounts")?;
    }
    let here = match &state.config.server.public_url {
        Some(public) => public.origin().to_owned(),
        None => format!("http://localhost:{}", address.port()),
    };
    let mut text = String::from("\n  Cadence is running.\n\n");
    writeln!(text, "  Guitar, on this PC    {here}/guitar")?;
    writeln!(text, "  Gym                   {here}/gym")?;
    match state.lan_urls.first() {
        Some(phone) => {
            writeln!(text, "  Guitar, on the phone  {phone}/play")?;
            if let Ok(code) = QrCode::new(format!("{phone}/play")) {
                write!(
                    text,
                    "\n{}\n",
                    code.render::<unicode::Dense1x2>().quiet_zone(true).build()
                )?;
            }
        }
        None if address.ip().is_unspecified() => {
            writeln!(text, "  Phones cannot reach this server yet: this machine is in no network.")?
        }
        None => writeln!(
            text,
            "  Phones cannot reach this server: it listens on this machine only.\n  \
             For your network: LEPTOS_SITE_ADDR=0.0.0.0:{} cargo xtask run",
            address.port()
        )?,
    }
    if !accounts.is_empty() {
        writeln!(text, "\n  Demo accounts")?;
        for account in accounts {
            writeln!(
                text,
                "  {:<12} {:<24} {}",
                account.role.label(),
                account.email,
                account.password
            )?;
        }
    }
    text.push('\n');
    // A closed standard output is no reason to stop serving.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

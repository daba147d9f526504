//! `--anomaly NAME=SHARE`, read.

/// A knob of the simulator and a share, in thousandths.
pub fn anomaly(text: &str) -> Result<(String, u16), String> {
    let (name, share) = text
        .split_once('=')
        .ok_or("expected NAME=SHARE, such as clock-behind=0.05")?;
    if !wattledger_simulator::day::knobs().any(|(known, _)| known == name) {
        let known: Vec<&str> = wattledger_simulator::day::knobs()
            .map(|(name, _)| name)
            .collect();
        return Err(format!("`{name}` is none of {}", known.join(", ")));
    }
    let (whole, rest) = share.split_once('.').unwrap_or((share, ""));
    let digits = format!("{whole}{rest:0<3}");
    let permille = digits.parse().ok().filter(|permille| *permille <= 1_000);
    match permille {
        Some(permille) if rest.len() <= 3 && !whole.is_empty() => Ok((name.to_owned(), permille)),
        Some(_) | None => {
            Err("expected a share from 0 to 1 with three decimals at most".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_an_anomaly_is_read_in_thousandths_and_a_wrong_name_gets_the_right_ones() {
        let read = |text: &str| anomaly(text).map(|(_, permille)| permille);
        assert_eq!(read("clock-behind=0.05"), Ok(50));
        assert_eq!(read("wrong-unit=1"), Ok(1_000));
        assert_eq!(read("wrong-unit=0.125"), Ok(125));
        for bad in [
            "wrong-unit",
            "wrong-unit=1.5",
            "wrong-unit=.5",
            "wrong-unit=0.0001",
        ] {
            assert!(anomaly(bad).is_err(), "{bad}");
        }
        assert!(anomaly("wrong=0.1").unwrap_err().contains("clock-1970"));
    }
}

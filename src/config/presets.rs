//! The presets: where a tenant lives, as templates. A profile fills them in and may override every URL.

/// One preset of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The word of `preset = "…"` and `--preset`.
    pub name: &'static str,
    /// Template of the token URL; `None` where the profile has to give it.
    pub token_url: Option<&'static str>,
    /// Template of the API base; `None` where the profile has to give it.
    pub api_url: Option<&'static str>,
    /// Template of the events URL, where the preset has one.
    pub events_url: Option<&'static str>,
}

const ENGAGE: Preset = Preset {
    name: "engage",
    token_url: Some("https://auth.{region}.engage.niceincontact.com/as/token.oauth2"),
    api_url: Some("https://{region}.niceincontact.com/api/v2"),
    events_url: None,
};
const REGIONAL: Preset = Preset {
    name: "regional",
    token_url: Some("https://{region}.niceincontact.com/oauth/token"),
    api_url: Some("https://api.{region}.niceincontact.com/api/v2"),
    events_url: None,
};
const TENANT_API: Preset = Preset {
    name: "tenant-api",
    token_url: Some("https://{tenant}.api.cxone.com/oauth/token"),
    api_url: Some("https://{tenant}.api.cxone.com/api/v2"),
    events_url: None,
};
const ORG: Preset = Preset {
    name: "org",
    token_url: Some("https://{tenant}.cxone.com/api/v2/oauth2/token"),
    api_url: Some("https://{tenant}.cxone.com/api/v2"),
    events_url: Some("wss://{tenant}.cxone.com/api/v2/events"),
};
const MY: Preset = Preset {
    name: "my",
    token_url: Some("https://{tenant}.my.cxone.com/oauth/token"),
    api_url: Some("https://{tenant}.my.cxone.com/api/v2"),
    events_url: None,
};
const CUSTOM: Preset = Preset { name: "custom", token_url: None, api_url: None, events_url: None };
const SANDBOX: Preset = Preset { name: "sandbox", token_url: None, api_url: None, events_url: None };

impl Preset {
    /// Every preset, in the order of the wizard.
    pub const ALL: [Self; 7] = [MY, ORG, TENANT_API, REGIONAL, ENGAGE, CUSTOM, SANDBOX];

    /// The preset of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name == name)
    }

    /// Whether a template names `{tenant}`.
    pub fn needs_tenant(self) -> bool {
        self.mentions("{tenant}")
    }

    /// Whether a template names `{region}`.
    pub fn needs_region(self) -> bool {
        self.mentions("{region}")
    }

    fn mentions(self, placeholder: &str) -> bool {
        [self.token_url, self.api_url].into_iter().flatten().any(|url| url.contains(placeholder))
    }
}

/// Fills a template in. What is filled in must be a host label: anything else could move the host.
pub(super) fn fill(template: &str, tenant: &str, region: &str) -> String {
    template.replace("{tenant}", tenant).replace("{region}", region)
}

/// Whether a text can be one label of a host name: letters, digits and inner hyphens.
pub(super) fn is_host_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

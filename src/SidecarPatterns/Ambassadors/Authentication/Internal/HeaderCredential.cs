namespace SidecarPatterns;

/// <summary>A credential that is the same header with every request: made once, so that a call has nothing to put together.</summary>
internal sealed class HeaderCredential : AmbassadorCredential
{
    private readonly string _name;
    private readonly string _value;

    public HeaderCredential(string name, string prefix, string value)
        : base(name)
    {
        HeaderText.ThrowIfNotAllowed(value);
        _name = name;
        _value = prefix + value;
    }

    public override void Apply(in CredentialTarget target) => target.SetHeader(_name, _value);

    internal override bool IsSameAs(AmbassadorCredential other) => other is HeaderCredential header && header._name == _name && header._value == _value;

    internal override void PutOn(HttpRequestMessage request, Uri address) => request.Headers.TryAddWithoutValidation(_name, _value);
}

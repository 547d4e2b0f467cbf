namespace SidecarPatterns.Tests;

/// <summary>Which clients share a token.</summary>
[TestFixture]
internal sealed class TokenKeyTests
{
    private static readonly Func<HttpMessageHandler> Handler = static () => new SocketsHttpHandler();

    [Test]
    public void Of_SameInAnotherOrder_IsTheSame()
    {
        var one = KeyOf(static options => Fill(options, ["a", "b"], ["urn:1", "urn:2"], ["x", "y"]));
        var other = KeyOf(static options => Fill(options, ["b", "a", "a"], ["urn:2", "urn:1"], ["y", "x"]));

        Assert.That((other, other.GetHashCode()), Is.EqualTo((one, one.GetHashCode())));
    }

    [TestCase("endpoint")]
    [TestCase("id")]
    [TestCase("scope")]
    [TestCase("audience")]
    [TestCase("resource")]
    [TestCase("parameter")]
    [TestCase("parameter's value")]
    public void Of_AsksForAnotherThing_IsAnotherGrant(string what)
    {
        var before = KeyOf(static options => options.Parameters["x"] = "1");

        var key = KeyOf(options =>
        {
            options.Parameters["x"] = what == "parameter's value" ? "2" : "1";
            Action set = what switch
            {
                "endpoint" => () => options.TokenEndpoint = new Uri("https://a.test/other"),
                "id" => () => options.ClientId = "other",
                "scope" => () => options.Scopes.Add("same"),
                "audience" => () => options.Audience = "same",
                "resource" => () => options.Resources.Add("same"),
                "parameter" => () => options.Parameters["same"] = "1",
                _ => static () => { }
                ,
            };
            set();
        });

        Assert.That(key.Grant, Is.Not.EqualTo(before.Grant));
    }

    [Test]
    public void Of_SameWordForAnotherThing_IsAnotherGrant()
    {
        List<TokenKey> keys =
        [
            KeyOf(static options => options.Scopes.Add("same")), KeyOf(static options => options.Audience = "same"), KeyOf(static options => options.Resources.Add("same")),
            KeyOf(static options =>
            {
                options.Scopes.Add("sam");
                options.Scopes.Add("e");
            }),
        ];

        Assert.That(keys.Select(static key => key.Grant), Is.Unique);
    }

    [TestCase("secret")]
    [TestCase("method")]
    [TestCase("assertion")]
    [TestCase("handler")]
    public void Of_ShowsItselfOtherwise_IsAnotherKeyOfTheSameGrant(string what)
    {
        var before = KeyOf();

        var key = KeyOf(options =>
        {
            Action set = what switch
            {
                "secret" => () => options.ClientSecret = "other",
                "method" => () => options.Method = ClientAuthenticationMethod.ClientSecretPost,
                "assertion" => () => options.UseAssertion(static _ => ValueTask.FromResult("")),
                _ => () => options.UsePrimaryHandler(Handler),
            };
            set();
        });

        Assert.That((key.Grant, key.Equals(before)), Is.EqualTo((before.Grant, false)));
    }

    [Test]
    public void Of_SameHandlerAndAssertion_IsTheSame()
    {
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<byte[]>> sign = static (_, _) => ValueTask.FromResult(Array.Empty<byte>());
        Action<AmbassadorClientCredentialsOptions> configure = options =>
        {
            options.UseSigningKey("RS256", null, sign);
            options.UsePrimaryHandler(Handler);
        };

        var first = KeyOf(configure);

        Assert.That(KeyOf(configure), Is.EqualTo(first));
    }

    [Test]
    public void ToString_ShowsNothingOfIt() => Assert.That(KeyOf().ToString(), Is.EqualTo("TokenKey"));

    private static void Fill(AmbassadorClientCredentialsOptions options, string[] scopes, string[] resources, string[] parameters)
    {
        Array.ForEach(scopes, options.Scopes.Add);
        Array.ForEach(resources, options.Resources.Add);
        Array.ForEach(parameters, name => options.Parameters[name] = "1");
    }

    private static TokenKey KeyOf(Action<AmbassadorClientCredentialsOptions>? configure = null)
    {
        var options = new AmbassadorClientCredentialsOptions { TokenEndpoint = new Uri("https://a.test/token"), ClientId = "client", ClientSecret = "s3cr3t" };
        configure?.Invoke(options);
        return TokenKey.Of(options);
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SidecarPatterns.Tests;

/// <summary>What a token endpoint is asked (RFC 6749, sections 2.3.1 and 4.4; RFC 7523; RFC 8707).</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class TokenRequestTests
{
    private const string OddId = "cli:ent id";
    private const string OddSecret = "s%c:r/+\u00e9";

    [Test]
    public async Task Request_Basic_EncodesIdAndSecretBeforeTheyAreJoined()
    {
        var request = await AskAsync(static options => { });

        var pair = Encoding.ASCII.GetString(Convert.FromBase64String(request.Header("Authorization")!["Basic ".Length..]));
        Assert.That(pair, Is.EqualTo("cli%3Aent+id:s%25c%3Ar%2F%2B%C3%A9"));
        Assert.That(request.BodyText, Is.EqualTo("grant_type=client_credentials"));
        Assert.That((request.Method, request.Target, request.Header("Accept")), Is.EqualTo(("POST", "/token", "application/json")));
        Assert.That(request.Header("Content-Type"), Is.EqualTo("application/x-www-form-urlencoded"));
    }

    [Test]
    public async Task Request_Post_HasIdAndSecretInTheBodyAlone()
    {
        var request = await AskAsync(static options => options.Method = ClientAuthenticationMethod.ClientSecretPost);

        Assert.That(request.Header("Authorization"), Is.Null);
        Assert.That(request.BodyText, Is.EqualTo("grant_type=client_credentials&client_id=cli%3Aent+id&client_secret=s%25c%3Ar%2F%2B%C3%A9"));
    }

    [Test]
    public async Task Request_ScopesAudienceResourcesAndMore_AreAskedFor()
    {
        var request = await AskAsync(static options =>
        {
            options.Scopes.Add("orders.read");
            options.Scopes.Add("orders.write");
            options.Audience = "orders";
            options.Resources.Add("urn:one");
            options.Resources.Add("urn:two");
            options.Parameters["tenant"] = "a b";
        });

        Assert.That(
            request.BodyText,
            Is.EqualTo("grant_type=client_credentials&scope=orders.read+orders.write&audience=orders&resource=urn%3Aone&resource=urn%3Atwo&tenant=a+b"));
    }

    [Test]
    public async Task Request_PrivateKeyJwt_IsSignedAndHasNoSecret()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = await AskAsync(options =>
        {
            options.Method = ClientAuthenticationMethod.PrivateKeyJwt;
            options.ClientSecret = null;
            options.UseSigningKey("ES256", "k1", (bytes, _) => ValueTask.FromResult(key.SignData(bytes.Span, HashAlgorithmName.SHA256)));
        });

        var form = request.BodyText.Split('&').Select(static pair => pair.Split('=')).ToDictionary(static pair => pair[0], static pair => Uri.UnescapeDataString(pair[1]));
        var parts = form["client_assertion"].Split('.');
        using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(form["client_assertion_type"], Is.EqualTo("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
            Assert.That(request.Header("Authorization"), Is.Null);
            Assert.That(head.RootElement.GetRawText(), Is.EqualTo("""{"alg":"ES256","typ":"JWT","kid":"k1"}"""));
            Assert.That(claims.RootElement.GetProperty("iss").GetString(), Is.EqualTo(OddId));
            Assert.That(claims.RootElement.GetProperty("sub").GetString(), Is.EqualTo(OddId));
            Assert.That(claims.RootElement.GetProperty("aud").GetString(), Does.EndWith("/token"));
            Assert.That(claims.RootElement.GetProperty("jti").GetString(), Has.Length.EqualTo(32));
            Assert.That(claims.RootElement.GetProperty("exp").GetInt64() - claims.RootElement.GetProperty("iat").GetInt64(), Is.EqualTo(300));
            Assert.That(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256), Is.True);
        }
    }

    [Test]
    public async Task Request_PrivateKeyJwtWithoutAKeyId_NamesNoneAndGoesByTheClock()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var assertion = new SignedAssertion("RS256", keyId: null, static (_, _) => ValueTask.FromResult<byte[]>([1, 2, 3]));

        var (one, other) = (await assertion.CreateAsync("client", new Uri("https://a.test/token"), now, default), await assertion.CreateAsync("client", new Uri("https://a.test/token"), now, default));

        using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(one.Split('.')[0]));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(one.Split('.')[1]));
        using var others = JsonDocument.Parse(Base64Url.DecodeFromChars(other.Split('.')[1]));
        Assert.That(head.RootElement.GetRawText(), Is.EqualTo("""{"alg":"RS256","typ":"JWT"}"""));
        Assert.That(claims.RootElement.GetProperty("iat").GetInt64(), Is.EqualTo(now.ToUnixTimeSeconds()));
        Assert.That(claims.RootElement.GetProperty("aud").GetString(), Is.EqualTo("https://a.test/token"));
        Assert.That(claims.RootElement.GetProperty("jti").GetString(), Is.Not.EqualTo(others.RootElement.GetProperty("jti").GetString()), "it is good once");
        Assert.That(one.Split('.')[2], Is.EqualTo("AQID"));
    }

    [Test]
    public void Options_DelegateIsMissing_Throw()
    {
        var options = new AmbassadorClientCredentialsOptions();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => options.UseSigningKey("", null, static (_, _) => ValueTask.FromResult<byte[]>([])), Throws.ArgumentException);
            Assert.That(() => options.UseSigningKey("RS256", null, null!), Throws.ArgumentNullException);
            Assert.That(() => options.UseAssertion(null!), Throws.ArgumentNullException);
            Assert.That(() => options.UsePrimaryHandler(null!), Throws.ArgumentNullException);
        }
    }

    [Test]
    public async Task Request_GivenAssertion_IsSentAsItIs()
    {
        var request = await AskAsync(static options =>
        {
            options.Method = ClientAuthenticationMethod.PrivateKeyJwt;
            options.UseAssertion(static _ => ValueTask.FromResult("of.the.platform"));
        });

        Assert.That(
            request.BodyText,
            Is.EqualTo(
                "grant_type=client_credentials&client_id=cli%3Aent+id&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                + "&client_assertion=of.the.platform"));
    }

    [Test]
    public async Task Request_SigningFails_CallIsToldTheTypeAndNotTheMessage()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, static options =>
        {
            options.ClientCredentials.Method = ClientAuthenticationMethod.PrivateKeyJwt;
            options.ClientCredentials.UseSigningKey("RS256", null, static (_, _) => throw new CryptographicException(CredentialCalling.Secret));
        });

        var failure = await calling.FailureAsync();

        Assert.That(failure.ToString(), Does.Contain(nameof(CryptographicException)).And.Not.Contain(CredentialCalling.Secret));
        Assert.That((tokens.Requests, server.Requests), Is.EqualTo((0, 0)));
    }

    private static async Task<ServedRequest> AskAsync(Action<AmbassadorClientCredentialsOptions> configure)
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, options =>
        {
            options.ClientCredentials.ClientId = OddId;
            options.ClientCredentials.ClientSecret = OddSecret;
            configure(options.ClientCredentials);
        });

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1"]));
        return tokens.Served.Single();
    }
}

using System.Net;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>What is made of the answer of a token endpoint.</summary>
[TestFixture]
internal sealed class TokenResponseTests
{
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":3600}""", 3600)]
    [TestCase("""{"access_token":"abc","token_type":"beareR","expires_in":"3600"}""", 3600)]
    [TestCase("""{"access_token":"abc","expires_in":3600.5,"scope":null,"refresh_token":{}}""", 3600.5)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer"}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":null}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":0}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":-1}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":"soon"}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":[1]}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":"NaN"}""", 300)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":99999999999999999999}""", 86400)]
    [TestCase("""{"access_token":"abc","token_type":"Bearer","expires_in":1e400}""", 86400)]
    public void Read_Token_HasItsLifetimeOrASensibleOne(string json, double seconds)
    {
        var (credential, failure) = Read(json);

        Assert.That(failure, Is.Null);
        Assert.That(credential!.Lifetime, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
        Assert.That(credential.ToString(), Does.Not.Contain("abc"));
    }

    [TestCase("", "the token endpoint's answer is no JSON")]
    [TestCase("<html>s3cr3t</html>", "the token endpoint's answer is no JSON")]
    [TestCase("""{"access_token":"s3cr3t" """, "the token endpoint's answer is no JSON")]
    [TestCase("""["s3cr3t"]""", "the token endpoint's answer has no access_token")]
    [TestCase("null", "the token endpoint's answer has no access_token")]
    [TestCase("{}", "the token endpoint's answer has no access_token")]
    [TestCase("""{"access_token":""}""", "the token endpoint's answer has no access_token")]
    [TestCase("""{"access_token":17}""", "the token endpoint's answer has no access_token")]
    [TestCase("""{"error":"invalid_client"}""", "the token endpoint's answer has no access_token")]
    [TestCase("""{"access_token":"s3cr3t","token_type":"mac"}""", "the token is not of type Bearer")]
    [TestCase("""{"access_token":"s3cr3t","token_type":"N_A"}""", "the token is not of type Bearer")]
    [TestCase("""{"access_token":"s3cr3t","token_type":1}""", "the token is not of type Bearer")]
    [TestCase("""{"access_token":"s3cr3t\r\nX: y"}""", "the token has signs that may not stand in a header")]
    [TestCase("""{"access_token":"s3cr3t\n"}""", "the token has signs that may not stand in a header")]
    [TestCase("""{"access_token":"s3cr3t\u0000"}""", "the token has signs that may not stand in a header")]
    [TestCase("""{"access_token":"s3cr3t\u00e4"}""", "the token has signs that may not stand in a header")]
    [TestCase("""{"access_token":"s3cr3t x"}""", "the token has signs that may not stand in a header")]
    [TestCase("""{"access_token":" "}""", "the token has signs that may not stand in a header")]
    [TestCase("""{"access_token":"\ud800"}""", "the token endpoint's answer is no JSON")]
    public void Read_NoToken_SaysWhyAndNothingOfTheBody(string json, string why)
    {
        var (credential, failure) = Read(json);

        Assert.That(credential, Is.Null);
        Assert.That(failure!.Describe(), Is.EqualTo(why + " (200)"));
    }

    [TestCase("""{"error":"invalid_client"}""", "invalid_client")]
    [TestCase("""{"error":"temporarily_unavailable","error_description":"s3cr3t"}""", "temporarily_unavailable")]
    [TestCase("""{"error":"invalid_request"}""", "invalid_request")]
    [TestCase("""{"error":"invalid_grant"}""", "invalid_grant")]
    [TestCase("""{"error":"unauthorized_client"}""", "unauthorized_client")]
    [TestCase("""{"error":"unsupported_grant_type"}""", "unsupported_grant_type")]
    [TestCase("""{"error":"invalid_scope"}""", "invalid_scope")]
    [TestCase("""{"error":"invalid_target"}""", "invalid_target")]
    [TestCase("""{"error":"access_denied"}""", "access_denied")]
    [TestCase("""{"error":"server_error"}""", "server_error")]
    [TestCase("""{"error":"slow_down"}""", "slow_down")]
    [TestCase("""{"error":"invalid_token"}""", "invalid_token")]
    [TestCase("""{"error":"insufficient_scope"}""", "insufficient_scope")]
    [TestCase("""{"error":"use_dpop_nonce"}""", "use_dpop_nonce")]
    [TestCase("""{"error":"invalid_dpop_proof"}""", "invalid_dpop_proof")]
    [TestCase("""{"error":"client_secret=s3cr3t"}""", null)]
    [TestCase("""{"error":{"code":"invalid_client"}}""", null)]
    [TestCase("""["error"]""", null)]
    [TestCase("gateway", null)]
    public void ReadError_Body_PassesOnCodesOfTheStandardsAlone(string body, string? expected) =>
        Assert.That(TokenResponse.ReadError(Encoding.UTF8.GetBytes(body)), Is.EqualTo(expected));

    [TestCase("Bearer error=\"insufficient_scope\"", true)]
    [TestCase("Bearer realm=\"x\", error=\"insufficient_scope\", scope=\"a\"", true)]
    [TestCase("Bearer realm=\"x\",error = insufficient_scope", true)]
    [TestCase("Basic realm=\"x\", Bearer error=\"insufficient_scope\"", true)]
    [TestCase("Bearer error=\"invalid_token\"", false)]
    [TestCase("Bearer realm=\"x\", error_description=\"insufficient_scope\"", false)]
    [TestCase("Bearer x_error=\"insufficient_scope\"", false)]
    [TestCase("Bearer error", false)]
    [TestCase("Bearer error=", false)]
    [TestCase("", false)]
    public void SaysInsufficientScope_Challenge_IsReadAsItStands(string challenge, bool expected)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);

        Assert.That(BearerChallenge.SaysInsufficientScope(response), Is.EqualTo(expected));
        Assert.That(response.Headers.NonValidated["WWW-Authenticate"].ToString(), Is.EqualTo(challenge));
    }

    private static CredentialAnswer Read(string json) => TokenResponse.Read(Encoding.UTF8.GetBytes(json), HttpStatusCode.OK);
}
